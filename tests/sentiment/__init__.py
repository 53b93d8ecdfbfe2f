"""Tests of app/sentiment."""
