"""What of the linter's findings somebody accepted, by name and with a reason."""

from msgspec import Struct

from programmes.arrangements import Acceptance
from programmes.catalogue import Catalogue
from programmes.lint.finding import Finding
from programmes.schema import Programme


class Review(Struct, frozen=True):
    """open: nobody accepted them. stale: acceptances of what the linter does not find any more."""

    open: tuple[Finding, ...]
    accepted: tuple[tuple[Finding, Acceptance], ...]
    stale: tuple[Acceptance, ...]


def review_of(programme: Programme, findings: list[Finding], catalogue: Catalogue | None) -> Review:
    by_place = {(acceptance.code, acceptance.at): acceptance for acceptance in programme.accepted}
    found = {(finding.code, finding.at) for finding in findings}
    return Review(
        open=tuple(finding for finding in findings if (finding.code, finding.at) not in by_place),
        accepted=tuple(
            (finding, by_place[finding.code, finding.at])
            for finding in findings
            if (finding.code, finding.at) in by_place
        ),
        stale=tuple(
            acceptance
            for acceptance in programme.accepted
            if (acceptance.code, acceptance.at) not in found
            # Without a catalogue nobody can say that it became long enough.
            and (catalogue is not None or acceptance.code != "catalogue_short")
        ),
    )
