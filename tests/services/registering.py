"""A programme with every kind of form, learners with numbers of their own, and a unit of work as services take it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from python_calamine import CalamineWorkbook
from sqlalchemy.orm import Session

from models import Account, Enrolment, Organisation
from services import id_numbers
from services.registers import registers
from services.registers.registers import Exported
from services.tables import spreadsheets
from services.work import UnitOfWork
from tests import factories
from tests.services.awarding import AFTER, Awarding, awarding
from tests.services.paying import SLUG, VAULT

__all__ = ["AFTER", "PASSWORD", "SLUG", "VAULT", "Registering", "cells", "registering", "work_on"]

PASSWORD = "a password of the file"
FORMS = """[sampling]
share = 0.1
assumed = "虚构"

[[forms]]
key = "hours"
title = "学时登记表"
rows = "learners"
only = "passed"
assumed = "虚构"
columns = [
    { title = "姓名", field = "name" },
    { title = "证件号码", field = "id_number_masked" },
    { title = "单位", field = "school" },
    { title = "学段", field = "stage" },
    { title = "学科", field = "subject" },
    { title = "学时", field = "hours_counted" },
]

[[forms]]
key = "register"
title = "省学时登记表"
rows = "learners"
only = "passed"
assumed = "虚构"
columns = [
    { title = "姓名", field = "name" },
    { title = "身份证号", field = "id_number" },
    { title = "单位", field = "school" },
    { title = "学时", field = "hours_counted" },
]

[[forms]]
key = "everything"
title = "全部学员"
rows = "learners"
assumed = "虚构"
columns = [
    { title = "姓名", field = "name" },
    { title = "单位代码", field = "school_code" },
    { title = "县", field = "county" },
    { title = "手机", field = "mobile_masked" },
    { title = "年度", field = "year" },
    { title = "项目", field = "programme" },
    { title = "报名项目", field = "track" },
    { title = "规定", field = "hours_required" },
    { title = "所学", field = "hours_credited" },
    { title = "计入", field = "hours_counted" },
    { title = "成绩", field = "score" },
    { title = "合格", field = "passed" },
    { title = "学分", field = "credits" },
    { title = "证书", field = "certificate_number" },
    { title = "状态", field = "status" },
]

[[forms]]
key = "failed"
title = "不合格人员"
rows = "learners"
only = "failed"
assumed = "虚构"
columns = [{ title = "姓名", field = "name" }]

[[forms]]
key = "stages"
title = "参训人数统计表"
rows = "schools"
assumed = "虚构"
columns = [
    { title = "县", field = "county" },
    { title = "单位", field = "school" },
    { title = "学段", field = "stage" },
    { title = "人数", field = "headcount" },
]

[[forms]]
key = "contacts"
title = "联系人信息表"
rows = "contacts"
assumed = "虚构"
columns = [
    { title = "单位", field = "school" },
    { title = "责任人", field = "handler" },
    { title = "联系电话", field = "contact" },
]

[enrolment]"""


@dataclass
class Registering:
    session: Session
    awarding: Awarding
    folder: Path
    work: UnitOfWork

    def school(self, name: str = "长葛市第一小学", **changes: Any) -> Organisation:
        return factories.school(self.session, **({"name": name} | changes))

    def learner(self, at: Organisation, hours: float = 60, serial: int | None = None, **changes: Any) -> Enrolment:
        """Somebody with an ID number and a mobile, who studied so many hours."""
        enrolment = self.awarding.learner(hours, school_id=at.id)
        account = self.session.get_one(Account, enrolment.account_id)
        person = factories.person(serial)
        account.name = person.name
        account.id_index = VAULT.index(id_numbers.parse(person.id_number))
        account.id_envelope = VAULT.seal(person.id_number, account.id)
        account.mobile_envelope = VAULT.seal(person.mobile, account.id)
        for column, value in changes.items():
            setattr(account, column, value)
        self.session.flush()
        return enrolment

    def number(self, enrolment: Enrolment) -> str:
        account = self.session.get_one(Account, enrolment.account_id)
        return VAULT.open(account.id_envelope, account.id)

    def export(self, form: str, name: str = "out.csv", **options: Any) -> Exported:
        self.session.commit()
        return registers.export(
            self.work, VAULT, SLUG, form, self.folder / name, **({"now": AFTER, "by": "登记员"} | options)
        )

    def difference(self, form: str, **options: Any) -> registers.Difference:
        self.session.commit()
        return registers.difference(self.work, VAULT, SLUG, form, now=AFTER, **options)

    def table(self, name: str = "out.csv") -> list[list[str]]:
        """What a person sees in the file."""
        return [row.cells for row in spreadsheets.read(self.folder / name).rows]


def registering(session: Session, folder: Path, *changes: tuple[str, str]) -> Registering:
    made = awarding(session, ("[enrolment]", FORMS), *changes)
    session.commit()
    engine = session.get_bind()
    assert isinstance(engine, sa.Engine)
    return Registering(session, made, folder, work_on(engine))


def work_on(engine: sa.Engine) -> UnitOfWork:
    @contextmanager
    def work(*, read_only: bool = False) -> Iterator[Session]:
        with Session(engine) as session:
            session.connection(execution_options={"read_only": read_only})
            yield session
            session.commit()

    return work


def cells(path: Path) -> list[list[Any]]:
    """The first sheet of an .xlsx as it is, with types."""
    return list(CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python())
