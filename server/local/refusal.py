class Refusal(Exception):
    """`make run` cannot go on; the message is the one line that a person reads."""
