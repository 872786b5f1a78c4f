"""The pages of the workbench: the queue with one case beside it, and a form for each verb."""
