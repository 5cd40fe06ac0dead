"""What a paper's code tells."""

import pytest
from sqlalchemy.orm import Session

from services.papers import papers, verification
from tests.services.awarding import AFTER, awarding


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("林知远", "林*远"),
        ("林听", "林*"),
        ("欧阳若溪", "欧**溪"),
        ("林", "*"),
        ("", "*"),
        ("阿卜杜热合曼·买买提依明", "阿******明"),
    ],
)
def test_of_a_name_its_beginning_and_its_end(name, shown):
    assert verification.mask_name(name) == shown


def test_a_paper_is_found_by_its_whole_code_alone(engine):
    with Session(engine) as session:
        them = awarding(session)
        paper = papers.issue(session, them.learner(name="林知远"), "proof", AFTER)
        found = verification.look_up(session, paper.code)
        assert (found.name, found.number, found.hours, found.valid) == ("林*远", paper.number, 60, True)
        assert found.issued_on.isoformat() == "2022-11-05"
        for code in (paper.code[:-1], paper.code + "0", paper.code.upper() + "%", "%" * 32, "0" * 32, "", paper.number):
            assert verification.look_up(session, code) is None


def test_a_revoked_one_says_so_and_not_why(session):
    them = awarding(session)
    paper = papers.issue(session, them.learner(), "proof", AFTER)
    papers.revoke(session, paper.number, "冒名顶替", AFTER.replace(month=12))
    found = verification.look_up(session, paper.code)
    assert (found.valid, found.revoked_on.isoformat()) == (False, "2022-12-05")
    assert "冒名顶替" not in repr(found)


def test_a_corrected_one_says_when(session):
    them = awarding(session)
    paper = papers.issue(session, them.learner(), "proof", AFTER)
    papers.reissue(session, paper.number, "姓名更正", AFTER.replace(month=12))
    assert verification.look_up(session, paper.code).reissued_on.isoformat() == "2022-12-05"
