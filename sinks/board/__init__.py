"""The duty board: a page for the duty room, live, with what staff may do from it.

routes       what is served where, and the application
guard        who is let in: every request passes it; headers that every answer has
access       seats: post, role, counties; the access file
limits       how often a seat may ask and act
reading      questions to the store
shapes       rows of the store as the page gets them
view         what one scope of counties sees
day          the report window of today and its times
feeds        what changed, for whoever listens
live         asks the store while anybody listens
acting       actions: checked, published
"""
