"""The overview: is it flowing, since when, and what needs a person?

`flow` says it in a sentence, `standstill` why nothing can come, `chart` draws what came, `checklist` leads through a
fresh installation, `panels` lets what is above `staff` add a part, `page` puts it together.
"""
