/**
 * The settings of Postern that apply to every server of a test run. `POSTERN_FAST_PATH=off` in the environment of the run
 * sends the GraphQL requests of all tests through Yoga.
 */
export const RUN_SETTINGS = { POSTERN_FAST_PATH: process.env.POSTERN_FAST_PATH ?? '' } as const;
