"""Room on PostgreSQL's pages for rows that the flusher writes again and again

Revision: 0002, after: 0001
"""

from alembic import op


revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = ("coverage", "enrolment", "study_day", "study_session")


def upgrade() -> None:
    """Holds for pages written from now on."""
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.execute(f"ALTER TABLE {table} SET (fillfactor = 70, autovacuum_analyze_scale_factor = 5)")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.execute(f"ALTER TABLE {table} RESET (fillfactor, autovacuum_analyze_scale_factor)")
