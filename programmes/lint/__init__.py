"""Read a programme as a lawyer would (审读): what its notice leaves open, contradicts or makes impossible. Pure.

    findings(programme)    every hole, with clause, arithmetic, and what it means for a teacher
    review(programme)      the same sorted by whether somebody accepted them (the file's [[accepted]])

Codes, by module:
    points   points_sum, pass_unreachable, grade_cannot_pass, part_sum, weights_missing, pass_mark_missing
    bands    band_gap, band_overlap, credits_total, credits_above_pass
    hours    hour_undefined, points_rule, module_unscored, selection_hours, choice_too_small, catalogue_short,
             stage_without_track, time_too_short
    dates    announced_length, phase_order, honours_no_time, deadline_order
    around   first_password_public, no_door, fee_arithmetic, payment_no_deadline, honour_scope, relief_useless, words_conflict,
             rate_of_nothing
    rules    rule_unused, rule_unscored, unknown_reference
"""

from programmes.catalogue import Catalogue
from programmes.lint import around, bands, dates, hours, points, rules
from programmes.lint.finding import Finding
from programmes.lint.review import Review, review_of
from programmes.schema import Programme

__all__ = ["Finding", "Review", "findings", "review"]


def findings(programme: Programme, catalogue: Catalogue | None = None) -> list[Finding]:
    """Every finding, in the order of the file. `catalogue`: the courses on offer, where they are known."""
    return [
        *around.of_programme(programme),
        *dates.of_programme(programme),
        *hours.of_programme(programme),
        *(finding for table in points.tables(programme) for finding in points.of_table(table)),
        *bands.of_programme(programme),
        *rules.of_programme(programme),
        *(hours.of_catalogue(programme, catalogue) if catalogue else ()),
    ]


def review(programme: Programme, catalogue: Catalogue | None = None) -> Review:
    """The findings that are open, those accepted with their acceptance, and acceptances that match nothing."""
    return review_of(programme, findings(programme, catalogue), catalogue)
