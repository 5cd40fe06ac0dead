"""Which doors (登录渠道) lead to lessons."""

import pytest

from services import doors
from services.doors import WrongDoor
from services.refresh_tokens import PORTAL as BY_TICKET
from services.refresh_tokens import WEB, WECHAT
from tests.programmes.notices import BY_PORTAL, PORTAL, phase2


def test_those_of_the_learners_count():
    doors.require(phase2(), WEB)
    doors.require(phase2(), WECHAT)
    with pytest.raises(WrongDoor, match="请从电脑网页（身份证号和密码登录）或微信小程序进入"):
        doors.require(phase2(), BY_TICKET)


def test_a_portal_is_called_by_its_name():
    with pytest.raises(WrongDoor, match="请从河北教师教育网进入本项目学习，其他途径不计学时。"):
        doors.require(phase2(PORTAL, BY_PORTAL), WEB)


def test_a_notice_that_names_no_door_shuts_none():
    programme = phase2(('teacher = ["web", "wechat"]', "teacher = []"))
    for route in (WEB, WECHAT, BY_TICKET):
        doors.require(programme, route)
