from redis import Redis


class Store:
    def __init__(self, redis: "Redis") -> None: ...
