"""Whether an archive has sound and pictures is known of every one, also of those that are cut again."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ASKED = "(select requests.{0} from archive_requests as requests where requests.archive_id = archives.id)"


def upgrade() -> None:
    for name in ("has_audio", "has_video"):
        op.add_column("archives", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.true()))
        asked = _ASKED.format(name)
        op.execute(f"update archives set {name} = {asked} where exists {asked}")
        op.drop_column("archive_requests", name)


def downgrade() -> None:
    for name in ("has_audio", "has_video"):
        op.add_column("archive_requests", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.true()))
        asked = f"(select archives.{name} from archives where archives.id = archive_requests.archive_id)"
        op.execute(f"update archive_requests set {name} = {asked}")
        op.drop_column("archives", name)
