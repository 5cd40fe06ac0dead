"""Why somebody cannot sign in, or signs in and cannot study."""

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

import sqlalchemy as sa

from models import SignInRecord
from services import doors, programmes
from services.enrolling.enrolments import WITHDRAWN
from services.timeline.sources import ROUTES
from services.why.answers import Answer, Asked, clock

_FIRST = {
    "last_six": "初始密码是证件号码后六位，字母 X 要大写",
    "shared": "初始密码是通知里公布的统一密码",
    "random": "初始密码是单独告知的随机密码，只显示过一次",
}


class _Cause(NamedTuple):
    sentence: str
    step: str


def sign_in(asked: Asked) -> Answer:
    """为什么登录不了: what keeps the person out, the most pressing first."""
    causes = [*_of_account(asked), *_of_enrolments(asked), *_of_door(asked)]
    evidence = tuple(_evidence(asked))
    if not causes:
        return Answer(
            "账号正常：没有锁定，已改过初始密码，也已报名，可以登录。",
            evidence,
            ("请核对输入的证件号码和密码；忘记密码的，核对身份后重置。",),
        )
    steps = tuple(dict.fromkeys(cause.step for cause in causes))
    others = tuple(cause.sentence for cause in causes[1:])
    return Answer(causes[0].sentence, (*others, *evidence), steps)


def _of_account(asked: Asked) -> Iterator[_Cause]:
    account = asked.subject.account
    if account.locked_until is not None and account.locked_until > asked.now:
        yield _Cause(
            f"密码连续输错 {account.failed_logins} 次，账号锁定到 {clock(account.locked_until)}，到时自动解锁。",
            "核对身份后可以马上解锁；忘记密码的，重置密码（重置会同时解锁）。",
        )
    if account.must_change_password:
        first = _FIRST.get(account.first_password, "初始密码由学校告知")
        begun = "" if account.last_login_at else "从来没有登录过，"
        yield _Cause(
            f"这个账号{begun}现在用的是初始密码；{first}，登录后要先改密码。",
            "请教师用初始密码登录并修改密码；不知道初始密码的，核对身份后重置。",
        )
    if account.must_confirm_profile and account.last_login_at is not None:
        yield _Cause(
            "登录后还没有核对个人信息，核对之前不能进入学习。", "请教师登录后核对个人信息并确认，有错的在同一页面报告。"
        )


def _of_enrolments(asked: Asked) -> Iterator[_Cause]:
    rows = asked.subject.enrolments
    if not rows:
        yield _Cause("能登录，但没有报名任何项目，所以看不到课程。", "请学校管理员核对报名名单。")
    elif all(row.status == WITHDRAWN for row in rows):
        yield _Cause("能登录，但已退出所有项目，不能再学习；以前的学时都保留着。", "需要恢复报名的，请联系学校管理员。")


def _of_door(asked: Asked) -> Iterator[_Cause]:
    """The notice ties studying to a door, and the last log-in came by another."""
    if asked.enrolment is None:
        return
    programme = programmes.get(asked.session, asked.enrolment.programme_id)
    allowed = doors.of(programme)
    last = _last(asked)
    if allowed and last is not None and last.route not in allowed:
        right = "或".join(doors.called(programme, door) for door in allowed)
        came = ROUTES.get(last.route, last.route)
        yield _Cause(
            f"最近一次从{came}登录，而“{programme.title}”要从{right}进入才能学习。", f"请教师退出后从{right}进入。"
        )
    if "wechat" in allowed and asked.subject.binding is None:
        yield _Cause("还没有绑定微信，微信小程序不能自动登录。", "请教师在小程序里输入证件号码和密码，绑定一次。")


def _last(asked: Asked) -> SignInRecord | None:
    query = sa.select(SignInRecord).where(
        SignInRecord.account_id == asked.subject.account.id,
        SignInRecord.result == "in",
        SignInRecord.route != "console",
    )
    return asked.session.scalar(query.order_by(SignInRecord.at.desc()).limit(1))


def _evidence(asked: Asked) -> Iterator[str]:
    account = asked.subject.account
    yield f"最近一次登录成功：{clock(account.last_login_at) if account.last_login_at else '没有'}"
    since = asked.now - timedelta(days=1)
    wrong = sa.select(sa.func.count()).where(
        SignInRecord.account_id == account.id, SignInRecord.at > since, SignInRecord.result == "wrong_password"
    )
    yield f"24 小时内输错密码 {asked.session.scalar(wrong) or 0} 次，现在连续输错 {account.failed_logins} 次"
    yield "微信：" + (f"{clock(asked.subject.binding.bound_at)} 绑定" if asked.subject.binding else "没有绑定")
