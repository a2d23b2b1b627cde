"""lead pipeline

Revision: 0002
Follows: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('business_webhooks',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('business_id', sa.Integer(), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('secret', sa.String(length=100), nullable=False),
    sa.Column('events', sa.JSON(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['business_id'], ['business.id'], name=op.f('fk_business_webhooks_business_id_business'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_business_webhooks'))
    )
    with op.batch_alter_table('business_webhooks', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_business_webhooks_business_id'), ['business_id'], unique=False)

    op.create_table('jobs',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('lane', sa.String(length=20), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('business_id', sa.Integer(), nullable=True),
    sa.Column('lead_id', sa.Integer(), nullable=True),
    sa.Column('payload', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('run_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lease_owner', sa.String(length=64), nullable=False),
    sa.Column('last_error', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['business_id'], ['business.id'], name=op.f('fk_jobs_business_id_business'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['lead_id'], ['leads.id'], name=op.f('fk_jobs_lead_id_leads'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_jobs')),
    sa.UniqueConstraint('key', name=op.f('uq_jobs_key'))
    )
    with op.batch_alter_table('jobs', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_jobs_lead_id'), ['lead_id'], unique=False)
        batch_op.create_index('ix_jobs_state_lane_run_at', ['state', 'lane', 'run_at'], unique=False)

    op.create_table('transcripts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('call_sid', sa.String(length=64), nullable=False),
    sa.Column('recording_id', sa.Integer(), nullable=True),
    sa.Column('source', sa.String(length=30), nullable=False),
    sa.Column('segments', sa.JSON(), nullable=False),
    sa.Column('language', sa.String(length=10), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['recording_id'], ['recordings.id'], name=op.f('fk_transcripts_recording_id_recordings'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_transcripts'))
    )
    with op.batch_alter_table('transcripts', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_transcripts_call_sid'), ['call_sid'], unique=False)

    with op.batch_alter_table('leads', schema=None) as batch_op:
        batch_op.add_column(sa.Column('headline', sa.String(length=300), server_default='', nullable=False))
        batch_op.add_column(sa.Column('next_step', sa.String(length=300), server_default='', nullable=False))
        batch_op.add_column(sa.Column('transcript_source', sa.String(length=30), server_default='', nullable=False))
        batch_op.add_column(sa.Column('summary_source', sa.String(length=30), server_default='', nullable=False))
        batch_op.add_column(sa.Column('error', sa.Text(), server_default='', nullable=False))
        batch_op.add_column(sa.Column('notes', sa.Text(), server_default='', nullable=False))
        batch_op.add_column(sa.Column('tags', sa.JSON(), server_default=sa.text("'[]'"), nullable=False))
        batch_op.add_column(sa.Column('read_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('processed_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index('ix_leads_business_id_phone_created_at', ['business_id', 'phone', 'created_at'], unique=False)
        batch_op.create_index('ix_leads_business_id_status_created_at', ['business_id', 'status', 'created_at'], unique=False)
        batch_op.create_index('ix_leads_business_id_work_status_created_at', ['business_id', 'work_status', 'created_at'], unique=False)

    with op.batch_alter_table('recordings', schema=None) as batch_op:
        batch_op.add_column(sa.Column('business_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('lead_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('source', sa.String(length=10), server_default='', nullable=False))
        batch_op.add_column(sa.Column('state', sa.String(length=12), server_default='announced', nullable=False))
        batch_op.add_column(sa.Column('storage_key', sa.String(length=300), server_default='', nullable=False))
        batch_op.add_column(sa.Column('bytes', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('channels', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('error', sa.Text(), server_default='', nullable=False))
        batch_op.add_column(sa.Column('stored_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index('ix_recordings_business_id_received_at', ['business_id', 'received_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_recordings_lead_id'), ['lead_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_recordings_business_id_business'), 'business', ['business_id'], ['id'], ondelete='SET NULL')
        batch_op.create_foreign_key(batch_op.f('fk_recordings_lead_id_leads'), 'leads', ['lead_id'], ['id'], ondelete='SET NULL')



def downgrade() -> None:
    with op.batch_alter_table('recordings', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_recordings_lead_id_leads'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_recordings_business_id_business'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_recordings_lead_id'))
        batch_op.drop_index('ix_recordings_business_id_received_at')
        batch_op.drop_column('stored_at')
        batch_op.drop_column('error')
        batch_op.drop_column('channels')
        batch_op.drop_column('bytes')
        batch_op.drop_column('storage_key')
        batch_op.drop_column('state')
        batch_op.drop_column('source')
        batch_op.drop_column('lead_id')
        batch_op.drop_column('business_id')

    with op.batch_alter_table('leads', schema=None) as batch_op:
        batch_op.drop_index('ix_leads_business_id_work_status_created_at')
        batch_op.drop_index('ix_leads_business_id_status_created_at')
        batch_op.drop_index('ix_leads_business_id_phone_created_at')
        batch_op.drop_column('processed_at')
        batch_op.drop_column('read_at')
        batch_op.drop_column('tags')
        batch_op.drop_column('notes')
        batch_op.drop_column('error')
        batch_op.drop_column('summary_source')
        batch_op.drop_column('transcript_source')
        batch_op.drop_column('next_step')
        batch_op.drop_column('headline')

    with op.batch_alter_table('transcripts', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_transcripts_call_sid'))

    op.drop_table('transcripts')
    with op.batch_alter_table('jobs', schema=None) as batch_op:
        batch_op.drop_index('ix_jobs_state_lane_run_at')
        batch_op.drop_index(batch_op.f('ix_jobs_lead_id'))

    op.drop_table('jobs')
    with op.batch_alter_table('business_webhooks', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_business_webhooks_business_id'))

    op.drop_table('business_webhooks')
