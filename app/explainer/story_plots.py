"""The material of the stories: openings, plots as beats, endings. Slots are filled by `story_writer`.

Slots: $hero (named), $h (name alone), $friend, $f, $a_thing (a, an or some + noun, with the adjective when it fits a
thing), $thing (the + noun), $do (the verb with its object where it needs one), $feel (an adjective for
the hero), $place, $time, $sight. he/she/it: $he $him $his.
"""
# ruff: noqa: E501  # a template reads best on one line

OPENINGS: dict[str, tuple[str, ...]] = {
    "speak": (
        "“[Look|Come quick|Over here|Wait|Listen]!” [called|cried|shouted] $h [near|at the edge of|not far from] $place.",
        "“I [want|would like] to $do,” $h [said|sighed] [at breakfast|before lunch|one day|after supper].",
    ),
    "sound": (
        "[Tap, tap, tap|Bump|Crack|Splash|Ding, dong|Whoosh|Knock, knock]! $hero [looked up|stood still|turned round] at $place.",
        "[Squeak|Rattle|Plop|Thump|Hum, hum|Pitter, patter], it went [near|behind|beyond] $place, and $hero [listened|came closer].",
    ),
    "question": (
        "what [can|could] $hero do at $place all [day|morning|afternoon]?",
        "[where|why] did $hero [run|walk|go] [so early|alone|in such a hurry]? [to|straight to] $place!",
    ),
    "weather": ("$sight [when|as] $hero [came to|reached|got to|ran to] $place.",),
    "time": ("$time, $hero [walked|went|wandered|skipped] to $place.",),
    "place": (
        "[near|behind|beyond|close to] $place [there lived|lived|stood the little home of] $hero.",
        "$place was [quiet|still|empty] $time_low, and $hero [liked|loved] it so.",
        "[nobody|no one] at $place [knew|had ever met] [anyone like|a friend like] $hero.",
    ),
    "doing": (
        "$hero [was|sat] [all alone|waiting for a friend] at $place, [far away|down the road|up the hill|across the river].",
        "$hero [was running|was walking|climbed|hopped] [up and down|back and forth|round and round] near $place.",
    ),
    "waking": ("$hero [woke up|got up|jumped out of bed] early [because|for] $sight_low.",),
    "wants": ("$h [had|owned] one [big|secret|small] [wish|dream]: to $do.",),
    "likes": ("$h was $hero_kind who [liked|loved] $place [more than|best of] all.",),
    "week": ("[every|each] [Monday|Tuesday|Friday|Sunday|Saturday], $hero [visited|went down to|came to] $place.",),
    "lives": ("$hero lived [close to|behind|next to|right by] $place.",),
}
"""Beginnings by a word of the instruction that asks for them."""
PLOTS: tuple[tuple[tuple[str, ...], ...], ...] = (
    (  # finding something
        (
            "There $he [found|saw|came upon] $a_thing.",
            "[Under a bush|Beside a stone|Behind a tree|In the tall grass] lay $a_thing.",
            "$a_thing_cap [waited|stood|was] right [there|in the way].",
        ),
        (
            "$h had never seen [anything|one] like it. It made $him want to $do.",
            "“[Oh|Well|My]! Whose is this?” [asked|said] $h. $he_cap looked [left and right|all around].",
        ),
        (
            "$friend [came|hopped|walked] by. “That [is mine|belongs to me],” [said|cried] $f. “I [lost|dropped] it [last night|in the rain|days ago].”",
            "Then $friend [came|ran] up and [looked sad|began to cry]. “I lost $thing,” $f said.",
        ),
        (
            "$h [thought|waited] for a moment. It was [hard|not easy] to [give it back|let it go].",
            "$h held $thing [close|tight]. $he_cap wanted to keep it.",
        ),
        (
            "But $he [gave|handed] it back, and the two of them [began|started] to $do [together|side by side].",
            "“Here you are,” said $h. $f smiled, and soon they [learned|tried] to $do [together|as a team].",
        ),
    ),
    (  # losing something
        (
            "$he_cap [had|owned] $a_thing and took it everywhere.",
            "In $his bag was $a_thing. $he_cap [loved|liked] it very much.",
        ),
        ("But [that day|then|at noon] $thing was gone!", "Then $h looked down. Where was $thing?"),
        (
            "$he_cap looked under the bed. $he_cap looked [in the garden|behind the door]. [No luck|Nothing|It was not there].",
            "$h searched [high and low|here and there]. The [bed|box|table] was [empty|bare]. The [path|yard|floor] was [empty|bare] too.",
        ),
        (
            "“I will help you,” [said|promised] $friend. “[Two of us|Four eyes] see more than one.”",
            "$friend saw $his [tears|sad face]. “Let us look together,” said $f.",
        ),
        (
            "They had to $do first, and then they [saw|spotted] it: $thing was [on the roof|in a tree|under a leaf|in the pond].",
            "$f knew how to $do. In the end, they [found|saw] $thing [by the gate|behind a wall|in a shoe|under a hat].",
        ),
    ),
    (  # learning to do it
        (
            "[All|Most] of $his friends [could|knew how to] $do. $h could not.",
            "$h wanted to $do, but it was [hard|not easy].",
        ),
        (
            "$he_cap tried once and fell over. $he_cap tried [twice|again] and [bumped|hurt] $his [nose|knee].",
            "The first time, it went wrong. The [next|second] time, it went wrong [too|again].",
        ),
        (
            "[Then|That night] $friend gave $him $a_thing. “This [helped me|may help],” $f [said|told $him].",
            "$friend came [along|over] with $a_thing. “Try it with this,” said $f.",
        ),
        (
            "$h [used|took] $thing and [went slowly|took a deep breath]. One, two, three!",
            "With $thing [at $his side|close by], $h tried one more time.",
        ),
        (
            "It worked! $h [did it|could do it] at last. “[Look|See], I can $do!”",
            "At last $h began to $do like [all|the] others. $he_cap [laughed|danced] with joy.",
        ),
    ),
    (  # a storm
        (
            "[Soon|All at once] the sky [turned|went] dark, and [rain|snow|wind] came down on $place.",
            "A storm [came|rolled in]. The trees [shook|bent] and $h shook too.",
        ),
        (
            "[In the middle of it|Out in the rain] was $a_thing, [all alone|wet and cold].",
            "$he_cap saw $a_thing out [there|in the storm].",
        ),
        (
            "“We must $do [now|quickly]!” [cried|called] $friend.",
            "$friend [ran|came running]. “[Hurry|Quick], help me $do!” $f said.",
        ),
        (
            "$h was [scared|afraid], but $he [went|ran] out. $he_cap [pulled|pushed] and [pulled|pushed].",
            "It was [hard|heavy] work. $h did not stop.",
        ),
        (
            "At last $thing was safe [inside|by the fire]. They [drank|shared] warm milk and [listened to|heard] the rain.",
            "They got $thing [home|under a roof]. [Outside|Far off], the storm [went|moved] away.",
        ),
    ),
    (  # a gift
        (
            "It was the birthday of $friend, and $h had no gift.",
            "$h wanted to give $friend [something|a gift] that [nobody|no one] else had.",
        ),
        (
            "$he_cap looked in [the shop|every box|the attic]. There was only $a_thing.",
            "All $he could find was $a_thing.",
        ),
        (
            "“It is [not much|too little],” $h [said|thought]. But $he [wrapped|put a ribbon on] it.",
            "$he_cap [cleaned|painted] it and [tied|put] a red string around it.",
        ),
        (
            "$f opened the box and [went quiet|said nothing]. Then $f began to $do!",
            "“For me?” said $f. “Now we can $do [all day|every day]!”",
        ),
        (
            "$thing_cap was the best gift of [all|the day].",
            "[Nobody|No one] at the party [let go of|stopped looking at] $thing.",
        ),
    ),
    (  # a noise at night
        (
            "At night, $h heard a [strange|soft|odd] noise. [Tap, tap, tap|Scratch, scratch|Bump, bump].",
            "[Bump|Crack|Thump]! $h sat up. What was that?",
        ),
        (
            "$he_cap [took|lit] a lamp and went to look. $friend [came too|went along].",
            "“Did you hear it?” $h asked $friend. “Yes,” said $f. “Let us look.”",
        ),
        (
            "They went [down the stairs|out of the door|along the path], [step by step|on quiet feet].",
            "Their feet were cold. The [moon|lamp] made long shadows.",
        ),
        ("It was no ghost. It was $a_thing!", "And what did they see? $a_thing_cap!"),
        (
            "[Somebody|The wind] had made it [move|shake]. They laughed so hard that they forgot to $do.",
            "They laughed and [stayed up|sat down] to $do [until morning|by the light of the lamp].",
        ),
    ),
    (  # a trade
        ("$he_cap carried $a_thing to the market.", "On the way, $h [held|had] $a_thing in $his arms."),
        (
            "“What do you want for it?” asked $friend. “I have [a hat|a bell|a pie|a kite].”",
            "$friend stopped $him. “Will you [trade|swap]?” $f asked.",
        ),
        (
            "$h [shook|turned] $his head. “I need it to $do,” $he said.",
            "“No, thank you,” said $h. “Without it I cannot $do.”",
        ),
        ("Then $h saw that $f was [hungry|cold|tired].", "But $f had [no coat|no food] and no [home|friends]."),
        (
            "So they [shared|kept] $thing. One day it was with $h, and the next day with $f.",
            "So $h [gave|handed] $f $thing for [a day|the night]. In the morning $f brought it back with [bread|flowers|a song].",
        ),
    ),
    (  # a walk with someone older
        (
            "$friend, who was much older, [told|showed] $him about $a_thing.",
            "[Old|Wise] $f was there. $f [pointed at|talked of] $a_thing.",
        ),
        (
            "“Long ago, I used it to $do,” said $f.",
            "“When I was your age, I could $do [all day|like the wind],” $f said.",
        ),
        (
            "“Can you still do that?” asked $h. $f [only smiled|shook a grey head].",
            "$h [did not believe it|wanted to see it]. “Show me!”",
        ),
        (
            "So they [went back|went on] to $place and took $thing along.",
            "They [set off|left] [at once|that minute], and $thing came too.",
        ),
        (
            "There, [slowly|little by little], $f [began|started] to $do again. $h clapped.",
            "And there they both tried to $do. It was [slow|funny], but it was fun.",
        ),
    ),
)
ALIVE_PLOTS: tuple[tuple[tuple[str, ...], ...], ...] = (
    (  # meeting somebody
        (
            "There $he met $a_thing.",
            "$a_thing_cap came [along|down the path].",
            "On the way stood $a_thing, [looking|staring] at $him.",
        ),
        (
            "“[Hello|Good day],” said $h. “[Who are you|Where do you come from]?”",
            "$h [waved|bowed]. “Can I help you?” $he asked.",
        ),
        (
            "“I cannot $do,” [came the answer|said the voice]. “[Nobody|No one] has shown me how.”",
            "“[Please|Oh please], help me $do,” [came the answer|said the voice].",
        ),
        (
            "$h called $friend, and [all three|together they] [tried|sat down and thought].",
            "Then $friend came and [joined in|helped too]. Now they were three.",
        ),
        (
            "By the end of the day, $thing could $do as well as $h.",
            "[Soon|Bit by bit] they learned to $do, and $thing [laughed|cheered].",
        ),
    ),
    (  # a guest at the door
        (
            "[That night|Later] there was a knock. At the door stood $a_thing!",
            "Knock, knock! It was $a_thing at the door.",
        ),
        (
            "“May I come in?” asked the guest. “[It is cold|I am lost].”",
            "$h [opened|held] the door wide. “Come in,” $he said.",
        ),
        (
            "$friend was not so sure. “[Strangers|Guests] make [a mess|noise],” $f [said|told $h].",
            "$friend [hid|stood] behind a chair. “Who is that?” asked $f.",
        ),
        ("But $thing only wanted to $do with somebody.", "“I just want to $do,” said the guest."),
        (
            "So they all began to $do, and even $f had fun.",
            "They [gave|served] soup to $thing, and then all of them [started|began] to $do.",
        ),
    ),
)
TWISTS = (
    "But wait! [All along|The whole time], $thing had been [upside down|full of ants|inside out].",
    "Then came a surprise: $f was [really|in truth] the [lost cousin|long lost friend] of $h!",
    "But [there was a trick|something was odd]. It was not the [first|real] one at all. The [first|real] one was [at home|in $h's own pocket]!",
    "[Suddenly|Just then] $h woke up. It had [all|only] been a dream, but [a leaf|some sand] from $place was in $his bed!",
    "And then it [turned out|came out] that $f had [planned|known] [it all|everything] from the start.",
)
SPEECH = (
    "“[Are you sure|Do you mean it]?” $f asked. “[Yes|Very sure],” said $h.",
    "“I am [glad|happy] that you are here,” said $h. “[Me too|So am I],” said $f.",
    "“What [shall|should] we do now?” asked $f. “[Wait and see|Let us think],” $h [answered|said].",
)
HINTS = (
    "[Neither of them|Nobody] knew yet how this [day|walk] would end.", "A [black|lone] crow sat on the [fence|post] and seemed to know more.",
    "“[Take care|Mind the wind] today,” an old [man|woman] had said at the gate.", "[Far off|Behind the hill], [something|thunder] rumbled, but $h did not [hear|mind] it.",
)  # fmt: skip
QUARRELS = (
    "“No, it is mine!” [shouted|cried] $f. “[It is not|You are wrong]!” [shouted|cried] $h.", "$h and $f [did not agree|began to quarrel]. [For a while|For an hour], they would not [talk|look at each other].",
    "$f [stamped a foot|turned away]. “[You never listen|I do not like your plan],” $f said.",
)  # fmt: skip
HAPPY = (
    "$h went home $feel and slept well.", "That [night|evening], $h was $feel and [told|sang about] it [all|to the stars].", "[From then on|After that], $h and $f met at $place [each|every] week.",
    "$h felt $feel. What a day it had been!", "And [when|if] you go to $place, you may [still|even now] see them [there|play].", "$f and $h [walked|went] home under the [moon|stars|warm sun], and $h was $feel.",
)  # fmt: skip
SAD = (
    "But [that night|later] $thing [broke|fell] into [two|many] pieces, and [nobody|no one] could [fix|mend] it. $h cried.",
    "But the next day $f had to move [far away|over the sea]. $h sat at $place all alone and was not $feel any more.",
    "In the end the [river|wind] took $thing away, and it never came back. $h went home [with wet eyes|in the rain].",
    "But it was too late. The gate [closed|shut], and $h never saw $thing again.",
)
MORALS = (
    "[So remember|The lesson is|It goes to show]: [a friend|sharing] is worth more than [a thing|gold].",
    "$h learned that it is [good|wise] to [try again|ask for help|share].",
    "[Since then|From that day], $h knew: [being kind|being honest|trying again] [makes you strong|is never wasted].",
    "And $f said, “[If you share|When you help], [you both win|joy grows].”",
    "This [tale|story] of $h [tells|teaches] us to be [kind|brave|patient|honest].",
)
PADDING = (
    "The [sun|air] was warm on $his face.", "A [bird|bee|cricket] sang [close by|in the grass].", "$h [counted|took] ten [slow|big] steps.",
    "$f had [muddy|cold|tiny] feet and a [big|wide] smile.", "It smelled of [bread|rain|flowers|wet leaves].", "Somewhere a [door|gate|window] [creaked|banged].",
    "They shared [an apple|a bun|some nuts|a pear].", "$his_cap heart [beat|went] fast.", "A [cloud|leaf|feather] [floated|sailed] by.",
)  # fmt: skip
