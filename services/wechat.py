"""WeChat's server API over wechatpy; the only place that imports it."""

from redis import Redis


class Wechat:
    def __init__(self, appid: str, secret: str, api_url: str, redis: "Redis") -> None: ...
