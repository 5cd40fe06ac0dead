"""A short name for the device that a User-Agent tells of: "微信 Android", "Chrome Windows". Pure; the header may be anything."""

#: The first that is found names it; order matters: Edge calls itself Chrome, Chrome calls itself Safari, WeChat all three.
_PROGRAMS = (
    ("wxwork", "企业微信"),
    ("micromessenger", "微信"),
    ("dingtalk", "钉钉"),
    ("aliapp", "支付宝"),
    ("qqbrowser", "QQ浏览器"),
    ("ucbrowser", "UC浏览器"),
    ("huaweibrowser", "华为浏览器"),
    ("miuibrowser", "小米浏览器"),
    ("quark", "夸克"),
    ("edg", "Edge"),
    ("opr/", "Opera"),
    ("firefox", "Firefox"),
    ("fxios", "Firefox"),
    ("chrome", "Chrome"),
    ("crios", "Chrome"),
    ("safari", "Safari"),
    ("trident", "IE"),
    ("msie", "IE"),
)
_SYSTEMS = (
    ("openharmony", "鸿蒙"),
    ("harmonyos", "鸿蒙"),
    ("android", "Android"),
    ("iphone", "iPhone"),
    ("ipad", "iPad"),
    ("windows", "Windows"),
    ("macintosh", "Mac"),
    ("mac os", "Mac"),
    ("linux", "Linux"),
)
#: No honest one is longer.
_LOOK_AT = 512
OTHER = "其他设备"


def name_of(user_agent: str) -> str:
    """Of our own words alone, so nothing of a hostile header gets anywhere; "" for none, OTHER for one that we do not know."""
    text = user_agent[:_LOOK_AT].lower()
    if not text.strip():
        return ""
    found = [next((name for mark, name in table if mark in text), "") for table in (_PROGRAMS, _SYSTEMS)]
    return " ".join(filter(None, found)) or OTHER
