"""By which door (登录渠道) a teacher must have come in for studying to count.

Signing in is never refused: a teacher may look at the score card from anywhere. What the notice ties to a door is studying, "其他途径学习
无法累计学时", so a player does not open at all: nobody watches for an hour to learn afterwards that it earned nothing.
"""

from programmes import Programme
from services.errors import Forbidden
from services.refresh_tokens import PORTAL, WEB, WECHAT

#: How a sentence calls each door.
_CALLED = {WEB: "电脑网页（身份证号和密码登录）", WECHAT: "微信小程序"}


class WrongDoor(Forbidden):
    """请从本项目规定的入口登录后学习，其他途径不计学时。"""

    code = "wrong_door"


def of(programme: Programme) -> tuple[str, ...]:
    """The doors that lead to lessons. Whoever studies does so as a learner, a workshop leader (坊主) too; () where none is named."""
    return programme.sign_in.channels.get("teacher", ())


def require(programme: Programme, route: str) -> None:
    """Raises WrongDoor with the right one."""
    doors = of(programme)
    if doors and route not in doors:
        raise WrongDoor(f"请从{'或'.join(called(programme, door) for door in doors)}进入本项目学习，其他途径不计学时。")


def called(programme: Programme, door: str) -> str:
    portal = programme.enrolment.portal
    return portal.title if door == PORTAL and portal else _CALLED.get(door, "省级平台")
