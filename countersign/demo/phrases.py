"""Sentences from which notes are put together; every list is our own words, one full stop to a sentence.

`REPORTS` are (topic, what the client said) by family of diagnosis; `WORK` is what was done about it. Phases are how far
a treatment has come: "early", "middle", "closing".
"""

DIAGNOSES = {
    "anxiety": (("F41.1", "Generalized anxiety"), ("F40.10", "Social anxiety"), ("F41.0", "Panic disorder")),
    "mood": (
        ("F32.1", "Depression, single episode, moderate"), ("F33.0", "Depression, recurrent, mild"),
        ("F33.1", "Depression, recurrent, moderate"), ("F34.1", "Persistent low mood"), ("F31.81", "Bipolar II"),
    ),
    "trauma": (("F43.10", "Post-traumatic stress"), ("F43.12", "Post-traumatic stress, chronic")),
    "adjustment": (("F43.21", "Adjustment with low mood"), ("F43.23", "Adjustment with anxiety and low mood")),
    "substance": (("F10.20", "Alcohol dependence"), ("F11.20", "Opioid dependence"), ("F12.10", "Cannabis misuse")),
    "youth": (
        ("F90.2", "Attention deficit, combined"), ("F93.0", "Separation anxiety of childhood"),
        ("F91.3", "Oppositional behavior"), ("F43.25", "Adjustment with feelings and conduct"),
    ),
}

REPORTS = {
    "anxiety": (
        ("worry at night", "Client described lying awake with worry about work on most nights of the week."),
        ("the commute", "Client drove the highway twice this week without pulling over and was surprised by it."),
        ("a panic episode", "Client had one panic episode in a grocery line and stayed until it passed."),
        ("checking", "Client noticed checking messages for reassurance many times an evening."),
        ("speaking up", "Client spoke in a team meeting for the first time in months."),
        ("health fears", "Client said that a routine medical appointment set off several days of dread."),
        ("putting things off", "Client put off opening mail for two weeks because of the feelings it brings."),
        ("a visit home", "Client stayed for a whole family dinner although the urge to leave was strong."),
    ),
    "mood": (
        ("getting up", "Client got out of bed by nine on five of seven days and counts this as a change."),
        ("low energy", "Client reported little energy and little interest in cooking or seeing anyone."),
        ("an old hobby", "Client took the guitar out of its case and played for ten minutes."),
        ("guilt", "Client spoke of feeling like a burden to the family without any wish to die."),
        ("sleep", "Client slept ten hours or more on weekends and felt no more rested."),
        ("a friend", "Client answered a friend's message and the two went for a walk."),
        ("work", "Client finished a report on time and then dismissed it as nothing."),
        ("an anniversary", "Client said that the anniversary of a parent's death made the week heavier."),
    ),
    "trauma": (
        ("nightmares", "Client reported nightmares on two nights, down from four the week before."),
        ("loud noises", "Client was startled by a dropped tray and needed an hour to settle."),
        ("a reminder", "Client drove past the place of the accident for the first time since."),
        ("trust", "Client found it hard to accept help from a neighbor and wondered why."),
        ("numbness", "Client described feeling behind glass at a birthday party."),
        ("anger", "Client snapped at a partner, repaired it the same evening and felt ashamed."),
        ("sitting by the wall", "Client sat in the middle of a restaurant without watching the door."),
        ("telling someone", "Client told a sister a first part of what had happened."),
    ),
    "adjustment": (
        ("the separation", "Client signed a lease for an apartment and felt relief and grief together."),
        ("a new job", "Client described the first weeks in a new job as a fog of names and passwords."),
        ("the move", "Client misses the old neighborhood and has not unpacked the kitchen."),
        ("a parent's illness", "Client now drives to a parent's appointments twice a week and feels stretched."),
        ("money", "Client went through the bills with a brother and has a plan for three months."),
        ("co-parenting", "Client and the former partner agreed on a holiday calendar without raised voices."),
        ("retirement", "Client does not know what to do with weekday mornings."),
    ),
    "substance": (
        ("a craving", "Client had a strong craving on payday and called a peer before going home."),
        ("a lapse", "Client used on one evening, told the truth about it and came in the next day."),
        ("meetings", "Client went to three meetings and spoke at one of them."),
        ("old friends", "Client turned down an invitation from people with whom use was the only thing in common."),
        ("sixty days", "Client reached sixty days and marked it with a daughter."),
        ("boredom", "Client named Sunday afternoons as the hardest hours of the week."),
        ("sleep", "Client sleeps better since evening use stopped and still wakes at four."),
    ),
    "youth": (
        ("school mornings", "Client and parent described mornings with fewer arguments and two late arrivals."),
        ("homework", "Client finished homework on three days with a timer and breaks."),
        ("a friend", "Client was left out of a game at recess and told a teacher about it."),
        ("bedtime", "Client slept in own bed for four nights in a row."),
        ("a fight", "Client shoved a younger brother, then helped him to rebuild the tower."),
        ("the test", "Client felt sick before a math test and took it all the same."),
        ("screens", "Client and parent disagree about hours on the phone."),
    ),
}

WORK = {
    "anxiety": (
        "Practiced slow breathing and then ranked feared situations from mild to strong.",
        "Wrote down the worried prediction and compared it with what in fact happened.",
        "Planned one exposure for the week and rehearsed its first minute in the room.",
        "Set aside a daily quarter hour for worry and agreed on how to postpone it until then.",
    ),
    "mood": (
        "Filled in an activity record and picked two pleasant, small things to schedule.",
        "Looked at the thought behind the guilt and weighed what speaks for and against it.",
        "Mapped how staying in bed eases the moment and costs the day.",
        "Talked through what the inner critic says and in whose voice it says it.",
    ),
    "trauma": (
        "Used grounding with five senses until the body was calmer.",
        "Continued the written account and paused where feelings rose.",
        "Worked on the belief of being to blame with questions about what could be known then.",
        "Made a list of reminders and of what helps after each.",
    ),
    "adjustment": (
        "Sorted the worries into those that can be acted on and those that need time.",
        "Named what was lost and what has stayed the same.",
        "Rehearsed a difficult conversation and set one clear request.",
        "Drew up a weekly plan with room for rest and for people.",
    ),
    "substance": (
        "Went through the chain from trigger to use and marked three places to step off.",
        "Weighed what use gives against what it takes, in the client's own words.",
        "Updated the relapse prevention plan and the list of people to call.",
        "Rehearsed how to say no to an offer and leave.",
    ),
    "youth": (
        "Used a feelings thermometer and drew what each degree looks like.",
        "Played a turn-taking game and praised waiting and repair.",
        "Set up a morning chart together with the parent and chose a small reward.",
        "Practiced belly breathing with a paper boat on the stomach.",
    ),
}
