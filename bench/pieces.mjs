/** The events of a streamed answer. Some end in a blank, one holds more than ASCII, one is short. */
export const pieces = [
  'A',
  ' harbour at dusk: ',
  'red and white boats ',
  'lie at a stone quay, ',
  'a lighthouse — ',
  'half in the mist — ',
  'stands on the mole',
  ', and the café behind it is lit.',
];
