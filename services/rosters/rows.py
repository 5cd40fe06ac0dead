"""One row of a roster (名单) as a person typed it, made into one teacher or into reasons why not. Pure."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from services import id_numbers
from services.errors import Invalid
from services.id_numbers import IdNumber
from services.tables.header import Header
from services.tables.spreadsheets import EXPONENT, Row

COLUMNS = {
    "name": ("姓名", "教师姓名", "学员姓名", "名字"),
    "id_number": (
        "身份证号",
        "身份证号码",
        "身份证件号",
        "身份证件号码",
        "证件号码",
        "证件号",
        "居民身份证号",
        "身份证",
    ),
    "mobile": ("手机号", "手机号码", "手机", "移动电话", "联系电话", "联系方式", "电话"),
    "school_code": ("学校代码", "学校编码", "学校标识码", "单位代码", "单位编码"),
    "school_name": ("学校", "学校名称", "所在学校", "任教学校", "工作单位", "所在单位", "单位名称", "单位"),
    "stage": ("学段", "任教学段", "参训学段"),
    "subject": ("学科", "任教学科", "参训学科"),
    "home_school": ("编制单位", "编制学校", "原单位", "原工作单位", "人事关系所在单位"),
    "staff": ("人员类别", "人员性质", "人员类型"),
    "workshop": ("工作坊", "所在工作坊", "坊名称", "工作坊名称", "坊代码"),
}
REQUIRED = ("name", "id_number")

#: What people write for each stage (学段).
STAGES = {
    "幼儿园": ("幼儿园", "幼儿", "学前", "学前教育"),
    "小学": ("小学", "小学段"),
    "初中": ("初中", "初级中学", "初中段"),
    "高中": ("高中", "普通高中", "高级中学", "高中段", "普高"),
    "中职": ("中职", "中等职业", "中等职业教育", "中等职业学校", "职高", "中专"),
    "特殊教育": ("特殊教育", "特教"),
}
#: What people write for each way of belonging to a school (人员类别).
STAFF = {
    "在编": ("在编", "在编在岗", "在编人员", "在编教师", "正式"),
    "编外": ("编外", "聘用", "合同", "合同制", "临聘", "代课"),
    "支教": ("支教", "支教人员", "支教教师"),
    "借调": ("借调", "借调人员", "借调教师", "交流", "轮岗"),
}
#: Seconded: at work in one school, on the staff of another.
SECONDED = ("支教", "借调")
_STAFF_OF = {word: staff for staff, words in STAFF.items() for word in words}
_STAGE_OF = {word: stage for stage, words in STAGES.items() for word in words}

_NAME = re.compile(r"[^\W\d_]+(?:[·.'’\- ]+[^\W\d_]+)*[.]?")
_DOTS = str.maketrans(dict.fromkeys("•・∙⋅‧．●", "·"))
_HAN = r"[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
_BETWEEN_HAN = re.compile(rf"(?<={_HAN})\s+(?={_HAN})")
_DOT_BETWEEN_HAN = re.compile(rf"(?<={_HAN})\.(?={_HAN})")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_SUBJECT = re.compile(r"[^\W\d_](?:[^\W\d_]|[·/、()（）-])*")
_SCHOOL_CODE = re.compile(r"[0-9A-Za-z_.-]{1,32}")
_MANY_DIGITS = re.compile(r"(?:[0-9Xx][ -]?){7,}")


class RowError(NamedTuple):
    """`row` as the person sees it in the file, `column` as it is called there, `reason` in Chinese. Holds no ID number."""

    row: int
    column: str
    reason: str


@dataclass(frozen=True)
class Entry:
    """A teacher as the roster gives them. "" where the roster says nothing."""

    row: int
    name: str
    id_number: IdNumber
    mobile: str = field(repr=False)
    school_code: str
    school_name: str
    stage: str
    subject: str
    #: Of a seconded teacher: the school on whose staff (编制) the teacher is, as it was written.
    home_school: str = ""
    #: One of STAFF.
    staff: str = ""
    workshop: str = ""


def parse(header: Header, row: Row, today: date) -> Entry | list[RowError]:
    """The teacher in `row`, or everything that is wrong with it."""
    errors: list[RowError] = []
    values: dict[str, str] = {}
    for key, read in _READERS.items():
        try:
            values[key] = read(header.cell(row, key))
        except Invalid as wrong:
            errors.append(RowError(row.number, header.titles.get(key, COLUMNS[key][0]), wrong.detail))
    try:
        id_number = read_id_number(header.cell(row, "id_number"), today)
    except Invalid as wrong:
        errors.append(RowError(row.number, header.titles["id_number"], wrong.detail))
        return errors
    return errors or Entry(row=row.number, id_number=id_number, **values)


def shown(text: str) -> str:
    """A cell to quote in a message: cut short, and masked where it may be an ID number or a mobile in the wrong column."""
    text = _MANY_DIGITS.sub(lambda digits: id_numbers.mask(digits.group()), text)
    return text if len(text) <= 30 else f"{text[:29]}…"


def same_name(one: str, other: str) -> bool:
    return _plain(one) == _plain(other)


def same_school(one: str, other: str) -> bool:
    return _squeezed(one) == _squeezed(other)


def mask_name(name: str) -> str:
    """The surname, and how long the name is."""
    return f"{name[0]}{'*' * (len(name) - 1)}"


def _squeezed(name: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", name)).casefold()


def _plain(name: str) -> str:
    return re.sub(r"[\s·.'’-]+", "", unicodedata.normalize("NFKC", name.translate(_DOTS))).casefold()


def read_id_number(cell: str, today: date) -> IdNumber:
    if EXPONENT.fullmatch(cell):
        raise Invalid("Excel 已把证件号码变成数字，末几位丢失，请把身份证号列设为文本格式后重新填写")
    try:
        return id_numbers.parse(cell, today)
    except Invalid as wrong:
        if re.fullmatch(r"[0-9]{15}000", cell):
            raise Invalid("末三位是 000，可能被 Excel 改过，请把身份证号列设为文本格式后重新填写") from None
        raise Invalid(wrong.detail) from None


def read_name(cell: str) -> str:
    name = _BETWEEN_HAN.sub("", unicodedata.normalize("NFKC", cell.translate(_DOTS)))
    name = _DOT_BETWEEN_HAN.sub("·", name)
    if not name:
        raise Invalid("请填写姓名")
    if len(name) > 50 or not _NAME.fullmatch(name):
        raise Invalid(f"“{shown(cell)}”不像姓名，请核对")
    return name


def read_mobile(cell: str) -> str:
    mobile = re.sub(r"[\s-]+", "", unicodedata.normalize("NFKC", cell)).removeprefix("+86")
    if mobile and not _MOBILE.fullmatch(mobile):
        raise Invalid("手机号应为 11 位数字，以 1 开头；没有可以不填")
    return mobile


def _school_code(cell: str) -> str:
    code = unicodedata.normalize("NFKC", cell)
    if code and not _SCHOOL_CODE.fullmatch(code):
        raise Invalid(f"学校代码“{shown(cell)}”不正确：应为 32 位以内的字母和数字")
    return code


def _school_name(cell: str) -> str:
    if len(cell) > 100:
        raise Invalid("学校名称超过 100 个字")
    return cell


def read_stage(cell: str) -> str:
    if not cell:
        return ""
    stage = _STAGE_OF.get(re.sub(r"\s+", "", cell))
    if stage is None:
        raise Invalid(f"学段“{shown(cell)}”不认识，应为：{'、'.join(STAGES)}")
    return stage


def read_subject(cell: str) -> str:
    subject = re.sub(r"\s+", "", cell)
    if subject and (len(subject) > 20 or not _SUBJECT.fullmatch(subject)):
        raise Invalid(f"学科“{shown(cell)}”不正确，请核对")
    return subject


def _staff(cell: str) -> str:
    if not cell:
        return ""
    staff = _STAFF_OF.get(re.sub(r"\s+", "", cell))
    if staff is None:
        raise Invalid(f"人员类别“{shown(cell)}”不认识，应为：{'、'.join(STAFF)}")
    return staff


def _workshop(cell: str) -> str:
    if len(cell) > 200:
        raise Invalid("工作坊名称超过 200 个字")
    return cell


_READERS = {
    "name": read_name,
    "mobile": read_mobile,
    "school_code": _school_code,
    "school_name": _school_name,
    "stage": read_stage,
    "subject": read_subject,
    "home_school": _school_name,
    "staff": _staff,
    "workshop": _workshop,
}
