"""More sentences for notes: those that hold whatever the diagnosis, and those of intake, group and private notes."""

OBSERVATIONS = (
    "Client was on time, neatly dressed and made good eye contact.",
    "Affect was subdued at first and brightened in the second half.",
    "Speech was somewhat fast and slowed as the session went on.",
    "Client was tearful for a few minutes and recovered without help.",
    "Mood was described as fair and affect was in keeping with it.",
    "Client was alert, oriented and engaged throughout.",
    "Client seemed tired and apologized for losing the thread twice.",
    "Posture was tense and eased after the breathing exercise.",
)
ASSESSMENTS = {
    "early": (
        "Rapport is growing and motivation is good.",
        "Symptoms remain moderate and interfere with daily life.",
        "Client begins to see the link between situation, thought and mood.",
        "Symptoms are as at intake, with first signs of hope.",
        "Strengths are persistence and a supportive household.",
    ),
    "middle": (
        "Progress toward the first goal is steady.",
        "Symptoms have eased from moderate to mild over the last month.",
        "Client uses the skills between sessions with fewer reminders.",
        "A setback this week, handled better than the one before.",
        "Progress has been slow and avoidance is still the main obstacle.",
        "Insight is good and practice in daily life is uneven.",
    ),
    "closing": (
        "Gains have held and the client trusts them more.",
        "Goals of the treatment plan are met or nearly so.",
        "Symptoms are in the mild range and no longer get in the way.",
        "Client can name the early signs of a setback and what to do.",
    ),
}
RISKS = (
    "No thoughts of suicide or of harming others were reported.",
    "Client denied any thought of self-harm and knows whom to call.",
    "Risk was reviewed and is low.",
)
PLANS = {
    "early": (
        "Continue as planned and complete the goals at the next session.",
        "Client will keep a short daily record and bring it.",
        "Meet at the same time next week and begin with sleep.",
        "Client will try one agreed step before the next session.",
        "Ask for a release to speak with the primary care office.",
    ),
    "middle": (
        "Continue with the current plan and repeat the questionnaire next time.",
        "Client will practice on three days and note what got in the way.",
        "Review the treatment plan within the month.",
        "Next session will return to the hardest item on the list.",
        "Client will talk with the prescriber about side effects.",
        "Keep the present rhythm and look at it again in four weeks.",
    ),
    "closing": (
        "Space sessions further apart and prepare the ending.",
        "Write down a plan for staying well and share it with someone trusted.",
        "Look back over the goals and agree on what would be a reason to return.",
    ),
}
GOODBYES = (
    "Treatment ends today by agreement, and the client knows how to come back.",
    "Discharged today with a written plan for staying well and the crisis numbers.",
    "Care ends as the client's needs have changed, and referrals were handed over.",
)
VIDEO = "Met by secure video, and the client confirmed being alone and where."

INTAKES = (
    "Client came at the suggestion of a primary care doctor after several months of difficulty.",
    "Client asked for help after a hard season at home and at work.",
    "Client was in counseling some years ago, found it useful and wishes to start again.",
)
INTAKE_HISTORIES = (
    "Lives with family, has steady work and two close friends.",
    "Lives alone, sees a sibling weekly and has few other contacts at present.",
    "Shares a household with relatives and describes it as crowded and kind.",
)
YOUTH_INTAKES = (
    "Client came with a parent after the school suggested counseling.",
    "Parent asked for help with quarrels at home, and the client agreed to try.",
    "Client and parent came after a hard change in the family.",
)
YOUTH_HISTORIES = (
    "Lives with both parents and a younger brother, and likes drawing and soccer.",
    "Lives with one parent and grandparents, has one close friend and likes science.",
    "Moves between two homes each week and keeps up at school with some help.",
)
INTAKE_PLANS = (
    "Limits of privacy, fees and cancellations were explained, and goals will be set at the second session.",
    "Agreed to meet regularly for three months and then look at what has changed.",
    "A first questionnaire was completed, and the treatment plan will follow within two sessions.",
)
GROUP_DATA = (
    "Group spoke about asking for help, and the client gave an example from the week.",
    "Group practiced saying no in pairs, and the client volunteered to begin.",
    "Group compared ways to ride out a strong urge or feeling.",
    "Group welcomed a new member and went over its agreements.",
    "Group took stock of the month, and the client named one change.",
)
GROUP_PARTS = (
    "Client listened more than spoke and gave kind feedback to another member.",
    "Client took an active part and accepted a challenge well.",
    "Client was quiet at first and joined in after the break.",
)
FAMILY_DATA = (
    "Client and family described the week each in turn without interruption.",
    "Client and family brought a quarrel about chores and traced how it grew.",
    "Client and a family member came to talk about rules and privacy.",
)
FAMILY_WORK = (
    "Practiced hearing the other out before answering.",
    "Agreed on one house rule and one shared evening.",
    "Marked the moments in which each tried to make peace.",
)
PRIVATE_TITLES = ("After the session", "For supervision", "My own reaction", "A thread to follow")
PRIVATE_OPENINGS = (
    "Noticed my own wish to hurry past the silence today.",
    "The story about the garden came back, again just before the end.",
    "I felt protective in a way that may belong to someone else in this client's life.",
    "There was a long pause after the brother's name, and I let it stand.",
    "A dream was told with much laughter, and the laughter seemed to be the point.",
)
PRIVATE_HUNCHES = (
    "A guess: being looked after is more frightening than being left.",
    "It may be that the anger at the employer is easier to hold than the one at home.",
    "I wonder whether the jokes are a way of asking if I am still here.",
    "Possibly the ending with the previous therapist is being replayed with me.",
)
PRIVATE_RESOLVES = (
    "Take it to consultation before saying anything.",
    "Wait, and see whether it returns on its own.",
    "Say less next time and listen for the same word.",
    "Hold this lightly; it may be mine.",
)
