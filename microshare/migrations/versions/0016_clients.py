"""Clients that act for colleagues, and photos that they send ahead"""

import sqlalchemy as sa
from alembic import op

from microshare.db import UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "client_apps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False, unique=True),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("website", sa.String(2000), nullable=False),
        sa.Column("redirect_uris", sa.Text(), nullable=False),
        sa.Column("scopes", sa.String(1000), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "authorization_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("app_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("scopes", sa.String(1000), nullable=False),
        sa.Column("challenge", sa.String(128), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["app_id"], ["client_apps.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("tokens") as tokens:
        tokens.alter_column("user_id", existing_type=sa.Integer(), nullable=True)
        tokens.add_column(
            sa.Column("scopes", sa.String(1000), server_default="", nullable=False)
        )
        tokens.add_column(sa.Column("app_id", sa.Integer(), nullable=True))
        tokens.add_column(sa.Column("code_id", sa.Integer(), nullable=True))
        tokens.create_foreign_key("tokens_app_id_fkey", "client_apps", ["app_id"], ["id"])
        tokens.create_foreign_key("tokens_code_id_fkey", "authorization_codes", ["code_id"], ["id"])
        tokens.create_index("ix_tokens_app_id", ["app_id"])
        tokens.create_index("ix_tokens_code_id", ["code_id"])
    op.add_column("posts", sa.Column("via", sa.String(80), server_default="", nullable=False))
    op.create_table(
        "photo_uploads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("preview", sa.Text(), nullable=False),
        sa.Column("alt", sa.Text(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_photo_uploads_owner_id", "photo_uploads", ["owner_id"])
    op.create_index("ix_photo_uploads_name", "photo_uploads", ["name"])
    op.create_table(
        "upload_files",
        sa.Column("upload_id", sa.Integer(), nullable=False),
        sa.Column("end", sa.String(8), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["upload_id"], ["photo_uploads.id"]),
        sa.PrimaryKeyConstraint("upload_id", "end"),
    )


def downgrade() -> None:
    for table in "upload_files", "photo_uploads":
        op.drop_table(table)
    op.drop_column("posts", "via")
    op.execute("DELETE FROM tokens WHERE user_id IS NULL")
    with op.batch_alter_table("tokens") as tokens:
        tokens.drop_index("ix_tokens_code_id")
        tokens.drop_index("ix_tokens_app_id")
        tokens.drop_constraint("tokens_code_id_fkey", type_="foreignkey")
        tokens.drop_constraint("tokens_app_id_fkey", type_="foreignkey")
        for column in "code_id", "app_id", "scopes":
            tokens.drop_column(column)
        tokens.alter_column("user_id", existing_type=sa.Integer(), nullable=False)
    for table in "authorization_codes", "client_apps":
        op.drop_table(table)
