"""Harder words and phrases with easier ones that can always stand in for them.

Only pairs that keep meaning and grammar wherever they occur: no word that is both noun and verb with another sense, no
past form that could be part of a passive. `a` and `an` before a replaced word are put right by the caller.
"""

EASIER: dict[str, str] = {
    "utilize": "use", "utilizes": "uses", "utilized": "used", "utilizing": "using", "utilise": "use",
    "utilises": "uses", "utilised": "used", "utilising": "using", "in order to": "to", "prior to": "before",
    "approximately": "about", "numerous": "many", "commence": "start", "commences": "starts", "commenced": "started",
    "commencing": "starting", "obtain": "get", "obtains": "gets", "obtaining": "getting", "assist": "help",
    "assists": "helps", "assisting": "helping", "assistance": "help", "additional": "extra", "therefore,": "so,",
    "furthermore,": "also,", "moreover,": "also,", "additionally,": "also,", "in addition,": "also,",
    "consequently,": "so,", "nevertheless,": "still,", "nonetheless,": "still,", "subsequently": "later",
    "frequently": "often", "rapidly": "quickly", "primarily": "mainly", "demonstrates": "shows",
    "demonstrating": "showing", "attempted to": "tried to", "attempting to": "trying to",
    "due to the fact that": "because", "in the event that": "if", "a large number of": "many",
    "the majority of": "most of", "with regard to": "about", "for the purpose of": "for",
    "is able to": "can", "are able to": "can", "was able to": "could", "were able to": "could", "whilst": "while",
    "has the ability to": "can", "have the ability to": "can", "amongst": "among", "individuals": "people",
    "initially": "at first", "ultimately": "in the end", "extremely": "very", "possesses": "has", "resides": "lives",
    "physician": "doctor", "physicians": "doctors", "modifies": "changes",
    "modifying": "changing", "erroneous": "wrong", "entire": "whole",
    "crucial": "very important", "beneficial": "helpful", "substantial": "large",
    "ascertain": "find out", "indicates": "shows",
    "indicating": "showing", "remainder": "rest", "occur": "happen", "occurs": "happens", "occurred": "happened",
    "occurring": "happening", "ceases": "stops", "ceased": "stopped", "retains": "keeps", "retaining": "keeping",
    "depicts": "shows", "depicting": "showing", "acquires": "gets", "acquiring": "getting", "eliminates": "removes",
    "eliminate": "remove", "eliminating": "removing", "eliminated": "removed", "beverages": "drinks",
    "beverage": "drink", "in spite of": "despite", "at the present time": "now", "at this point in time": "now",
    "with the exception of": "except for", "in the vicinity of": "near",
    "on a daily basis": "every day", "on a regular basis": "regularly", "take into consideration": "consider",
    "in close proximity to": "close to", "a variety of": "many kinds of", "a wide variety of": "many kinds of",
    "a wide range of": "many kinds of", "it is important to note that": "note that",
    "notwithstanding": "despite", "accordingly,": "so,",
    "as a consequence,": "so,", "as a result,": "so,", "for instance,": "for example,", "solely": "only",
    "predominantly": "mainly", "simultaneously": "at the same time", "subsequent to": "after",
    "comprehend": "understand", "comprehends": "understands", "enquire": "ask", "inquire": "ask", "lengthy": "long",
    "enormous": "huge", "fundamental": "basic", "residing": "living",
    "peruse": "read", "henceforth": "from now on", "thereafter": "after that", "exclusively": "only", "merely": "only",
}  # fmt: skip
"""Lower-case phrase to lower-case phrase."""
