"""The pages of outreach: watching the funnel, asking why, doubts, and what governs it all."""
