"""Photos of posts"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "photo_files",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"]),
        sa.PrimaryKeyConstraint("name", "post_id"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE photo_files ALTER COLUMN content SET STORAGE EXTERNAL")  # JPEGs
    # With a default of the database's own: hosts of the version before go on writing posts.
    op.add_column("posts", sa.Column("photos_json", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("posts", "photos_json")
    op.drop_table("photo_files")
