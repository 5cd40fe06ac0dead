"""`make demo`: thirty invented teachers study at once over HTTP, honestly and otherwise; then every second is accounted for.

Nothing here imports the system: what the players know is the HTTP contract, the rules they play by are what the server tells.
"""
