-- What stands somewhere on its way, and since when: the desk and the sweep ask by states, and must not read all that is
-- over. No question was answered in the order of the index that goes.
DROP INDEX notices_queue;
CREATE INDEX notices_states ON notices (state, submitted_at);
