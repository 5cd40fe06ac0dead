"""argon2id with bounded concurrency, the password policy, first passwords by rule."""


class Passwords:
    def __init__(self, concurrency: int) -> None: ...
