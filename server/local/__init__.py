"""`make run`: the whole system on one machine, for trying it out. Production starts the Procfile's processes by itself."""
