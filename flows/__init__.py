"""Flows: the steps of a sync as plain functions, and Prefect around them. The only room that imports Prefect."""
