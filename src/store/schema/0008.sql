-- Version 8: who changed the campaign and why; why a setting was changed. What was
-- written before says nothing of them (NULL), and its digests stay as they are.
ALTER TABLE campaigns ADD COLUMN person TEXT;
ALTER TABLE campaigns ADD COLUMN reason TEXT;
ALTER TABLE settings ADD COLUMN reason TEXT;
