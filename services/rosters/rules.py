"""What a notice demands of a roster's rows (名单): in time, by the school where they work now, in a track, within the places."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

import programmes
from services.enrolling import enrolments, quotas
from services.enrolling.quotas import Places
from services.errors import Conflict, Invalid
from services.rosters.plan import Options, Planned
from services.rosters.rows import SECONDED, RowError
from services.schools import Schools
from services.tables.header import Header

#: The longest reason for a late roster that is kept.
LONGEST_REASON = 200


class RosterClosed(Conflict):
    """报名已经截止，名单不能再导入。"""

    code = "roster_closed"


def require_open(programme: programmes.Programme, options: Options, now: datetime) -> bool:
    """Whether the roster comes late, with a reason. Raises RosterClosed where there is none, Invalid where it is too long."""
    closes = programme.enrolment.closes
    if closes is None or now < closes.end(programme.zone):
        return False
    if not options.late.strip():
        clause = programme.enrolment.clause
        raise RosterClosed(
            f"报名已于 {closes!r} 截止{f'（{clause}）' if clause else ''}，名单没有导入；"
            "确需补报的，由管理人员注明逾期原因后导入。"
        )
    if len(options.late.strip()) > LONGEST_REASON:
        raise Invalid.field("late", f"逾期原因超过 {LONGEST_REASON} 个字")
    return True


def named_once(programme: programmes.Programme, rows: Sequence[Planned], header: Header) -> Iterator[RowError]:
    """Nobody stands in two rows. Of a seconded teacher (支教、借调) that both schools name, the present school's row is the right one."""
    first: dict[str, Planned] = {}
    title = header.titles["id_number"]
    for row in rows:
        here = row.entry
        other = first.setdefault(here.id_number.number, row)
        if other is row:
            continue
        there = other.entry
        if row.school is other.school:
            yield RowError(here.row, title, f"与第 {there.row} 行的证件号码相同")
        elif programme.enrolment.seconded_at_present_school and row.seconded != other.seconded:
            if row.seconded:
                first[here.id_number.number] = row
            present, home = (row, other) if row.seconded else (other, row)
            yield RowError(
                home.entry.row,
                title,
                f"支教、借调人员随现工作单位报名，“{present.school.name}”已在第 {present.entry.row} 行填报此人",
            )
        else:
            yield RowError(here.row, title, f"与第 {there.row} 行的证件号码相同，那一行的学校是“{other.school.name}”")


def seconded_elsewhere(
    programme: programmes.Programme, rows: Sequence[Planned], schools: Schools, header: Header
) -> Iterator[RowError]:
    """Where seconded teachers are enrolled by their present school: rows by which their own school would take them back, and rows that
    contradict themselves."""
    if not programme.enrolment.seconded_at_present_school:
        return
    for row in rows:
        entry, has = row.entry, row.enrolled
        title = header.titles.get("staff") or header.titles.get("home_school") or header.titles["id_number"]
        if entry.staff in SECONDED and entry.home_school and not row.elsewhere:
            yield RowError(entry.row, title, f"人员类别是“{entry.staff}”，编制单位却就是现工作单位，请核对")
        elif entry.staff == "在编" and row.elsewhere:
            reason = f"人员类别是“在编”，编制单位却不是“{row.school.name}”；支教、借调人员请写明人员类别"
            yield RowError(entry.row, title, reason)
        elif row.moved and has and has.seconded and not row.seconded:
            yield RowError(
                entry.row,
                title,
                f"此人已由现工作单位“{schools.name_of(has.school_id)}”报名（{has.staff or '借调'}）；"
                "已回原单位的，请先办理调动",
            )


def set_tracks(programme: programmes.Programme, rows: Sequence[Planned], header: Header) -> Iterator[RowError]:
    """Fill in each row's track (报名项目); a stage that no track takes is an error."""
    if not programme.enrolment.tracks:
        return
    known: dict[str, str | None] = {}
    for row in rows:
        stage = row.stage or row.entry.stage
        if stage not in known:
            known[stage] = enrolments.track_of(programme, stage)
        track = known[stage]
        if track is None:
            yield RowError(row.entry.row, header.titles.get("stage", "学段"), enrolments.no_track(programme, stage))
        else:
            row.track = track


def too_many(
    session: Session, programme: programmes.Programme, rows: Sequence[Planned], header: Header
) -> Iterator[RowError]:
    """The rows that are beyond the places (名额) of their school, in the order of the file."""
    if not programme.enrolment.quota:
        return
    title = header.titles.get("school_name") or header.titles.get("school_code", "学校")
    for row, refused in beyond(quotas.Places(session, programme), rows):
        yield RowError(row.entry.row, title, refused.detail)


def beyond(places: Places, rows: Sequence[Planned]) -> Iterator[tuple[Planned, Conflict]]:
    """The rows for which no place is left, and why. Whoever leaves a school gives a place back first."""
    needing = [row for row in rows if row.needs_place]
    for row in needing:
        if row.enrolled:
            places.free(row.enrolled.school_id, row.enrolled.track)
    for row in needing:
        refused = places.take(row.school.id if row.school.id is not None else row.school.parent_id, row.track)
        if refused:
            yield row, refused
