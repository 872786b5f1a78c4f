"""Tests that span rooms: stories in the business's words, contracts that the whole repository keeps, the browser."""
