"""Schools and the authorities above them (单位), found by the code or the name that people write."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Organisation
from services.errors import Conflict, NotFound
from services.rosters.rows import shown

OUT_OF_REACH = "这所学校不在您的管理范围"
KINDS = ("school", "county", "city", "province")


class SchoolCodeTaken(Conflict):
    """单位代码已经有单位使用。"""

    code = "school_code_taken"


class PlacedInItself(Conflict):
    """单位不能归到自己或自己的下级单位之下。"""

    code = "placed_in_itself"


def add(session: Session, code: str, name: str, kind: str = "school", parent_code: str = "") -> Organisation:
    """A new school or authority. Raises SchoolCodeTaken, NotFound (the parent)."""
    parent = by_code(session, parent_code) if parent_code else None
    organisation = Organisation(kind=kind, code=code, name=name, parent_id=parent.id if parent else None)
    try:
        with session.begin_nested():
            session.add(organisation)
    except IntegrityError:
        raise SchoolCodeTaken(f"单位代码 {code} 已经有单位使用。") from None
    return organisation


def place(session: Session, code: str, parent_code: str) -> Organisation:
    """Put a school or authority below another one, such as a school that a roster made below its county.

    Raises NotFound, PlacedInItself.
    """
    organisation, parent = by_code(session, code), by_code(session, parent_code)
    above: Organisation | None = parent
    while above is not None:
        if above.id == organisation.id:
            raise PlacedInItself
        above = session.get(Organisation, above.parent_id) if above.parent_id is not None else None
    organisation.parent_id = parent.id
    session.flush()
    return organisation


def by_code(session: Session, code: str) -> Organisation:
    """Raises NotFound."""
    found = session.scalars(sa.select(Organisation).where(Organisation.code == code)).one_or_none()
    if found is None:
        raise NotFound(f"没有代码为 {code} 的单位。")
    return found


def every(session: Session) -> list[Organisation]:
    return list(session.scalars(sa.select(Organisation).order_by(Organisation.code)))


@dataclass(eq=False)
class School:
    """A school as an import sees it; `id` is None until a new one is written."""

    id: int | None
    code: str
    name: str
    #: Of a new one: the unit above it.
    parent_id: int | None = None


class Schools:
    """All schools, for finding many. With `create` an unknown name becomes a new school below the unit `under`, listed in `new`. With
    `reach` only these units are found: of several by one name, the one within it."""

    def __init__(
        self,
        session: Session,
        create: bool,
        default_code: str,
        reach: frozenset[int] | None = None,
        under: int | None = None,
    ) -> None:
        self.new: list[School] = []
        self._create = create
        self._reach = reach
        self._under = under
        self._by_code: dict[str, School] = {}
        self._by_name: dict[str, list[School]] = {}
        self._names: dict[int, str] = {}
        query = sa.select(Organisation.id, Organisation.code, Organisation.name).order_by(Organisation.id)
        for row in session.execute(query):
            self._note(School(row.id, row.code, row.name))
            self._names[row.id] = row.name
        self._default = self._by_code.get(default_code)
        if default_code and self._default is None:
            raise NotFound(f"没有代码为 {default_code} 的单位。")

    def find(self, code: str, name: str) -> School | str:
        """The school, or a Chinese sentence that says why there is none."""
        if code:
            return self._with_code(code, name)
        if not name:
            return self._default or "请填写学校或学校代码；合并的单元格请取消合并，逐行填写"
        everywhere = self._by_name.get(_plain(name), [])
        named = [school for school in everywhere if self._reaches(school)]
        if everywhere and not named:
            return OUT_OF_REACH
        if len(named) > 1:
            return f"有 {len(named)} 个单位叫“{shown(name)}”，请填写学校代码"
        if named:
            return named[0]
        return self._add(_code_for(name), name) if self._create else f"没有名为“{shown(name)}”的学校"

    def _reaches(self, school: School) -> bool:
        return self._reach is None or school.id is None or school.id in self._reach

    def name_of(self, school_id: int | None) -> str:
        return self._names.get(school_id or 0, "其他单位")

    def _with_code(self, code: str, name: str) -> School | str:
        school = self._by_code.get(code)
        if school is None:
            if self._create and name:
                return self._add(code, name)
            return f"没有代码为“{shown(code)}”的学校"
        if not self._reaches(school):
            return OUT_OF_REACH
        if name and _plain(name) != _plain(school.name):
            return f"代码“{shown(code)}”的学校是“{school.name}”，与名单中的“{shown(name)}”不同"
        return school

    def _add(self, code: str, name: str) -> School:
        school = School(None, code, name, self._under)
        self.new.append(school)
        self._note(school)
        return school

    def _note(self, school: School) -> None:
        self._by_code[school.code] = school
        self._by_name.setdefault(_plain(school.name), []).append(school)


def _plain(name: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", name)).casefold()


def _code_for(name: str) -> str:
    """A code for a school that came without one: the same name, the same code."""
    return "auto-" + hashlib.sha256(_plain(name).encode()).hexdigest()[:12]
