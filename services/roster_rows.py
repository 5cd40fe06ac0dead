"""One row of a roster (名单) as a person typed it, made into one teacher or into reasons why not. Pure."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from services import id_numbers
from services.errors import Invalid
from services.id_numbers import IdNumber
from services.spreadsheets import EXPONENT, Row
from services.table_header import Header

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
        id_number = _id_number(header.cell(row, "id_number"), today)
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


def _plain(name: str) -> str:
    return re.sub(r"[\s·.'’-]+", "", unicodedata.normalize("NFKC", name.translate(_DOTS))).casefold()


def _id_number(cell: str, today: date) -> IdNumber:
    if EXPONENT.fullmatch(cell):
        raise Invalid("Excel 已把证件号码变成数字，末几位丢失，请把身份证号列设为文本格式后重新填写")
    try:
        return id_numbers.parse(cell, today)
    except Invalid as wrong:
        if re.fullmatch(r"[0-9]{15}000", cell):
            raise Invalid("末三位是 000，可能被 Excel 改过，请把身份证号列设为文本格式后重新填写") from None
        raise Invalid(wrong.detail) from None


def _name(cell: str) -> str:
    name = _BETWEEN_HAN.sub("", unicodedata.normalize("NFKC", cell.translate(_DOTS)))
    name = _DOT_BETWEEN_HAN.sub("·", name)
    if not name:
        raise Invalid("请填写姓名")
    if len(name) > 50 or not _NAME.fullmatch(name):
        raise Invalid(f"“{shown(cell)}”不像姓名，请核对")
    return name


def _mobile(cell: str) -> str:
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


def _stage(cell: str) -> str:
    if not cell:
        return ""
    stage = _STAGE_OF.get(re.sub(r"\s+", "", cell))
    if stage is None:
        raise Invalid(f"学段“{shown(cell)}”不认识，应为：{'、'.join(STAGES)}")
    return stage


def _subject(cell: str) -> str:
    subject = re.sub(r"\s+", "", cell)
    if subject and (len(subject) > 20 or not _SUBJECT.fullmatch(subject)):
        raise Invalid(f"学科“{shown(cell)}”不正确，请核对")
    return subject


_READERS = {
    "name": _name,
    "mobile": _mobile,
    "school_code": _school_code,
    "school_name": _school_name,
    "stage": _stage,
    "subject": _subject,
}
