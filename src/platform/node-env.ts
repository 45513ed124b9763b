// To be imported before all else. Unless it is told at its loading that this is no place to look for mistakes in building a
// schema, graphql-js looks for them in every value of every answer: a twelfth of the time of a list.
process.env.NODE_ENV ??= 'production';
