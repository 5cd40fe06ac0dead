"""A page of the timeline: the newest entries of all sources, merged."""

from sqlalchemy.orm import Session

from services.errors import NotFound
from services.timeline.entries import KINDS, PAGE, Cursor, Entry, Kind, Page
from services.timeline.sources import SOURCES
from services.timeline.subject import Subject


def kind_of(text: str) -> Kind | None:
    """The kind with this key; None for "". Raises NotFound."""
    if not text:
        return None
    found = next((kind for kind in KINDS if kind == text), None)
    if found is None:
        raise NotFound
    return found


def page(session: Session, of: Subject, kind: Kind | None = None, before: Cursor | None = None) -> Page:
    """Newest first. Every source is asked for no more rows than the page could take, so it costs the same however long the story is."""
    skip, until = (before.skip, before.at) if before else (0, None)
    most = skip + PAGE + 1
    found: list[Entry] = []
    for each in (kind,) if kind else KINDS:
        for source in SOURCES[each]:
            found += source(session, of, until, most)
    # Of two in one moment the key decides, so that the next page goes on where this one stopped.
    found.sort(key=lambda entry: (entry.at, entry.key), reverse=True)
    shown = found[skip : skip + PAGE]
    if len(found) <= skip + PAGE:
        return Page(shown, None)
    last = shown[-1].at
    same = sum(entry.at == last for entry in shown)
    return Page(shown, Cursor(last, same + skip if before and last == before.at else same))
