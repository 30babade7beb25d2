create or replace function cartodb.cdb_latlng(lat double precision, lng double precision)
returns postgis.geometry
language sql immutable strict parallel safe
as 'select postgis.st_setsrid(postgis.st_makepoint(lng, lat), 4326)';

create or replace function cartodb.cdb_latlng(lat numeric, lng numeric) returns postgis.geometry
language sql immutable strict parallel safe
as $$
  select postgis.st_setsrid(
    postgis.st_makepoint(lng::pg_catalog.float8, lat::pg_catalog.float8), 4326)
$$;

-- Null where Web Mercator has no place: from 89 degrees on, towards the poles, where the projection
-- runs to infinity and some versions of PROJ give up. What reaches beyond is cut off there.
create or replace function cartodb.cdb_transformtowebmercator(geom postgis.geometry)
returns postgis.geometry
language plpgsql immutable strict parallel safe
as $$
declare
  lonlat postgis.geometry := geom;
  cut postgis.geometry;
begin
  if postgis.st_srid(geom) operator(pg_catalog.=) 3857 then
    return geom;
  elsif postgis.st_srid(geom) operator(pg_catalog.<>) 4326 then
    lonlat := postgis.st_transform(geom, 4326);
  end if;
  if postgis.st_isempty(lonlat) then
    return null;
  elsif postgis.st_ymin(lonlat) operator(pg_catalog.>=) (-89.0)::float8
    and postgis.st_ymax(lonlat) operator(pg_catalog.<=) 89.0::float8
    and postgis.st_xmin(lonlat) operator(pg_catalog.>=) (-360.0)::float8
    and postgis.st_xmax(lonlat) operator(pg_catalog.<=) 360.0::float8
  then
    return postgis.st_transform(lonlat, 3857);
  elsif postgis.st_dimension(lonlat) operator(pg_catalog.=) 0 and postgis.st_npoints(lonlat) operator(pg_catalog.=) 1 then
    return null;
  end if;
  if not postgis.st_isvalid(lonlat) then
    lonlat := postgis.st_makevalid(lonlat);
  end if;
  cut := postgis.st_collectionextract(
    postgis.st_intersection(lonlat, postgis.st_makeenvelope(-360, -89, 360, 89, 4326)),
    postgis.st_dimension(lonlat) operator(pg_catalog.+) 1);
  return case when postgis.st_isempty(cut) then null else postgis.st_transform(cut, 3857) end;
end
$$;

-- Keeps the_geom_webmercator in step, whatever is written to it.
create or replace function cartodb._cdb_update_the_geom_webmercator() returns trigger
language plpgsql
as $$
begin
  new.the_geom_webmercator := cartodb.cdb_transformtowebmercator(new.the_geom);
  return new;
end
$$;
