"""Lists of results about the class of tests.services.handing_in, checked and taken in."""

import pytest
import sqlalchemy as sa

from models import Account, Achievement
from services import id_numbers
from services.marks import check as marks_check
from services.marks import intake as marks_import
from services.marks.intake import MarksHaveErrors
from services.marks.staff import Staff
from services.tables import spreadsheets
from services.vault import Vault
from tests import factories, sheets
from tests.services.handing_in.class_room import NOW, class_of

VAULT = Vault(b"a test key of the blind index...", {"test": b"a test key for the envelopes, 32"})
HEADER = ("姓名", "身份证号", "考核项", "编号", "维度", "成绩", "等级", "是否合格", "学时", "次数", "日期", "备注")
SHORT = ("name", "id", "part", "item", "dimension", "mark", "grade", "passed", "hours", "count", "date", "comment")
OPERATOR = Staff(None)
EXAM = "结业测试"


class Import:
    """The class of tests.services.handing_in with known ID numbers, and tables about it."""

    def __init__(self, session, folder, size=3):
        self.session, self.folder = session, folder
        self.them = class_of(session, size)
        self.people = [factories.person(serial) for serial in range(1, size + 1)]
        for learner, person in zip(self.them.learners, self.people, strict=True):
            account = session.get_one(Account, learner.account_id)
            account.name = person.name
            account.id_index = VAULT.index(id_numbers.parse(person.id_number))
        session.commit()

    def row(self, learner=0, part=EXAM, **cells):
        """Cells by short name; ID number and name are the learner's unless given."""
        person = self.people[learner]
        given = {"name": person.name, "id": person.id_number, "part": part} | cells
        return [given.get(short, "") for short in SHORT]

    def check(self, *rows, header=HEADER, part="", staff=OPERATOR, now=NOW):
        table = spreadsheets.read(sheets.roster(self.folder / "marks.csv", *rows, header=header))
        plan = marks_check.check(
            self.session, VAULT, table, programme=self.them.programme, part=part, staff=staff, now=now
        )
        self.session.rollback()
        return plan

    def take_in(self, *rows, staff=OPERATOR, now=NOW, **more):
        plan = self.check(*rows, staff=staff, now=now, **more)
        try:
            marks_import.apply(self.session, plan, staff=staff, now=now)
            self.session.commit()
        except BaseException:
            self.session.rollback()
            raise
        return plan

    def errors(self, *rows, **more):
        """(row, column, reason) of a table that must be refused, and changes nothing."""
        plan = self.check(*rows, **more)
        with pytest.raises(MarksHaveErrors):
            marks_import.apply(self.session, plan, staff=OPERATOR, now=NOW)
        self.session.rollback()
        for error in plan.errors:
            assert not [person for person in self.people if person.id_number in error.reason]
        return [tuple(error) for error in plan.errors]

    def rows(self):
        found = self.session.scalars(sa.select(Achievement).order_by(Achievement.id)).all()
        self.session.rollback()
        return found
