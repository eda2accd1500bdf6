"""What becomes of an alert once a rule raised it: who is told, who acts, when it ends.

The terms are those of Prometheus Alertmanager (https://prometheus.io/docs/alerting/latest/alertmanager/):
grouping, inhibition, silences; and of Prometheus' alerting rules: one alert as long as its cause lasts.

settings    the section `life:` of rules.yaml, and its inhibitions
life        steps of one alert, in whatever order they come → how it stands
lives       the alerts of a partition with their steps and silences: part of tally's state
muting      whether an alert is told, and why not
acting      the actions of a batch
batch       the alerts of a batch, from raised to answered
moment      what time brings: escalated, closed by itself, told after all
precision   how many of a rule's alerts were useful
replaying   what changed rules would have raised
"""
