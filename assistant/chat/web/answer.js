// ----- an answer: what can be done with it where it stands
