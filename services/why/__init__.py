"""Ready answers, in plain Chinese, to what teachers ask on the telephone (为什么). Each number in them is a sum of rows.

`QUESTIONS` is the table: how a question is called, and what answers it.
"""

from collections.abc import Callable
from typing import NamedTuple

from services.errors import NotFound
from services.why import entrance, results, studying
from services.why.answers import Answer, Asked


class Question(NamedTuple):
    text: str
    answer: Callable[[Asked], Answer]


#: By the name that stands in the address; in the order of the page.
QUESTIONS: dict[str, Question] = {
    "minutes": Question("为什么看了这么久，只记了这么少？", studying.minutes),
    "nothing": Question("为什么今天看的没有记？", studying.today),
    "when": Question("学时什么时候算？", studying.when),
    "displaced": Question("为什么换设备后被顶下线？", studying.displaced),
    "fail": Question("为什么还不合格，还差什么？", results.fail),
    "homework": Question("为什么作业没有分？", results.homework),
    "paper": Question("为什么不能打印证书？", results.paper),
    "sign_in": Question("为什么登录不了？", entrance.sign_in),
}


def answer(kind: str, asked: Asked) -> Answer:
    """Raises NotFound: no such question, or what it asks about is not this person's."""
    if kind not in QUESTIONS:
        raise NotFound
    return QUESTIONS[kind].answer(asked)
