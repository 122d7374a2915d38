CREATE INDEX records_by_age ON records (created_at DESC, id DESC);
CREATE INDEX records_by_notification ON records (notification_id);
CREATE INDEX records_by_status ON records (status, channel);
