"""Calling addresses that somebody has typed: where they may lead, and one post to them. For chats and other programs."""
