import { createQuestions, type Question } from '../holder-questions.ts';
import { reportLoop } from '../measured.ts';
import type { HolderName } from '../seed-holders.ts';

// Repeats one call for one of the users of a seeded file.
const [name, question] = process.argv.slice(2) as [HolderName, Question];
const questions = await createQuestions(process.env.DATABASE_URL as string, name);
reportLoop(questions[question]);
