// The time zone of who has not chosen one yet is the browser's.

const zone = document.querySelector('#time_zone[data-guess]')
const {timeZone} = Intl.DateTimeFormat().resolvedOptions()
if (zone && timeZone !== zone.value && [...zone.options].some(({value}) => value === timeZone)) {
  location.replace(`?time_zone=${encodeURIComponent(timeZone)}`)
}
