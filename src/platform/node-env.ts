// Import this module first. Unless NODE_ENV is production when graphql-js loads, it checks each value of each response for
// development mistakes, which takes a twelfth of the time of a list.
process.env.NODE_ENV ??= 'production';
