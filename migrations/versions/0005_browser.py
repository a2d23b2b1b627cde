"""accounts' links, versions of prompts

Revision: 0005
Follows: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('account_links',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('purpose', sa.String(length=10), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('business_id', sa.Integer(), nullable=True),
    sa.Column('role', sa.String(length=10), nullable=False),
    sa.Column('created_by', sa.String(length=200), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['business_id'], ['business.id'], name=op.f('fk_account_links_business_id_business'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_account_links_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account_links')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_account_links_token_hash'))
    )
    with op.batch_alter_table('account_links', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_account_links_business_id'), ['business_id'], unique=False)

    op.create_table('prompt_versions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('business_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('ai_prompt', sa.Text(), nullable=False),
    sa.Column('outbound_ai_prompt', sa.Text(), nullable=False),
    sa.Column('greeting_text', sa.Text(), nullable=False),
    sa.Column('voice', sa.String(length=64), nullable=False),
    sa.Column('actor', sa.String(length=200), nullable=False),
    sa.Column('restored_from', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['business_id'], ['business.id'], name=op.f('fk_prompt_versions_business_id_business'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_prompt_versions')),
    sa.UniqueConstraint('business_id', 'number', name='uq_prompt_versions_business_id')
    )
    with op.batch_alter_table('audit_log', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_audit_log_business_id'))
        batch_op.create_index('ix_audit_log_business_id_at', ['business_id', 'at'], unique=False)

    with op.batch_alter_table('calls', schema=None) as batch_op:
        batch_op.add_column(sa.Column('cost_usd', sa.Double(), server_default='0', nullable=False))

    with op.batch_alter_table('call_turns', schema=None) as batch_op:
        batch_op.add_column(sa.Column('start_ms', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('length_ms', sa.Integer(), nullable=True))
    with op.batch_alter_table('leads', schema=None) as batch_op:
        batch_op.add_column(sa.Column('is_test', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('wants_callback', sa.Boolean(), server_default=sa.false(), nullable=False))
    leads = sa.table('leads', sa.column('id'), sa.column('fields', sa.JSON()), sa.column('is_test'), sa.column('wants_callback'))
    calls = sa.table('calls', sa.column('lead_id'), sa.column('is_test'))
    op.execute(leads.update().where(leads.c.fields['callback'].as_string() != '').values(wants_callback=sa.true()))
    tried_out = sa.select(calls.c.lead_id).where(calls.c.is_test == sa.true(), calls.c.lead_id.is_not(None))
    op.execute(leads.update().where(leads.c.id.in_(tried_out)).values(is_test=sa.true()))
    with op.batch_alter_table('leads', schema=None) as batch_op:
        batch_op.create_index('ix_leads_unread', ['business_id', 'created_at'], unique=False, sqlite_where=sa.text('read_at IS NULL'), postgresql_where=sa.text('read_at IS NULL'))
        batch_op.create_index('ix_leads_wants_callback', ['business_id', 'created_at'], unique=False, sqlite_where=sa.text('wants_callback = 1'), postgresql_where=sa.text('wants_callback'))
        batch_op.create_index('ix_leads_counts', ['business_id', 'is_test', 'work_status', 'status', 'wants_callback', 'read_at'], unique=False)

    with op.batch_alter_table('users', schema=None) as batch_op:
        batch_op.add_column(sa.Column('name', sa.String(length=120), server_default='', nullable=False))
        batch_op.add_column(sa.Column('lang', sa.String(length=10), server_default='', nullable=False))
        batch_op.add_column(sa.Column('session_epoch', sa.Integer(), server_default='0', nullable=False))



def downgrade() -> None:
    with op.batch_alter_table('leads', schema=None) as batch_op:
        batch_op.drop_index('ix_leads_counts')
        batch_op.drop_index('ix_leads_wants_callback')
        batch_op.drop_index('ix_leads_unread')
        batch_op.drop_column('wants_callback')
        batch_op.drop_column('is_test')

    with op.batch_alter_table('users', schema=None) as batch_op:
        batch_op.drop_column('session_epoch')
        batch_op.drop_column('lang')
        batch_op.drop_column('name')

    with op.batch_alter_table('call_turns', schema=None) as batch_op:
        batch_op.drop_column('length_ms')
        batch_op.drop_column('start_ms')

    with op.batch_alter_table('calls', schema=None) as batch_op:
        batch_op.drop_column('cost_usd')

    with op.batch_alter_table('audit_log', schema=None) as batch_op:
        batch_op.drop_index('ix_audit_log_business_id_at')
        batch_op.create_index(batch_op.f('ix_audit_log_business_id'), ['business_id'], unique=False)

    op.drop_table('prompt_versions')
    with op.batch_alter_table('account_links', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_account_links_business_id'))

    op.drop_table('account_links')
