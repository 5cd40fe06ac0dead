"""Tables that people made: read with suspicion, written safely."""
