"""JSON for teachers' clients, one resource a file. A view parses, makes one service call, presents, returns."""
