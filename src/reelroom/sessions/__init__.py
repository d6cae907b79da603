"""OpenTok's sessions: what may be asked of one."""
