/* File names that nobody can use against us. */
#include "store/names.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "store/template.h"
#include "support/test.h"

static const char *from_url(const char *url)
{
    static char out[2 * NAMES_MAX];
    names_pair pair;

    names_from_url(url, &pair);
    snprintf(out, sizeof out, "%s%s", pair.stem, pair.extension);
    return out;
}

static const char *from_path(const char *path)
{
    static char out[2 * NAMES_MAX];
    names_pair pair;

    names_from_path(path, &pair);
    snprintf(out, sizeof out, "%s%s", pair.stem, pair.extension);
    return out;
}

TEST(the_last_part_of_a_url_is_the_name)
{
    CHECK_STR(from_url("https://h.example/a/M31_x.jpg?w=1/2#f"), "M31_x.jpg");
    CHECK_STR(from_url("https://h.example/a/b/"), "b");
    CHECK_STR(from_url("https://h.example"), "picture");
    CHECK_STR(from_url("https://h.example?x=y.jpg"), "picture");
    CHECK_STR(from_url("http://h/My%20Moon%2Ejpg"), "My_Moon.jpg");
    CHECK_STR(from_path("/tmp/a b/50%25 moon.FITS"), "50_25_moon.FITS");
}

TEST(a_name_cannot_climb)
{
    CHECK_STR(from_url("http://h/..%2f..%2fetc%2fpasswd"), "etc_passwd");
    CHECK_STR(from_url("http://h/a/.."), "picture");
    CHECK_STR(from_url("http://h/%2e%2e"), "picture");
    CHECK_STR(from_url("http://h/x%00y.png"), "x_y.png");
    CHECK_STR(from_url("http://h/%zz%4"), "zz_4");
}

TEST(dots_dashes_and_device_names_do_not_lead)
{
    CHECK_STR(from_url("http://h/.bashrc"), "bashrc");
    CHECK_STR(from_url("http://h/-rf.jpg"), "rf.jpg");
    CHECK_STR(from_url("http://h/con.jpg"), "_con.jpg");
    CHECK_STR(from_url("http://h/LPT1.tar.gz"), "_LPT1.tar.gz");
    CHECK_STR(from_url("http://h/console.jpg"), "console.jpg");
    CHECK_STR(from_url("http://h/=cmd().jpg"), "cmd.jpg");
}

TEST(beyond_ascii_nothing_is_kept)
{
    CHECK_STR(from_path("Größe.png"), "Gr_e.png");
    CHECK_STR(from_path("星空"), "picture");
    CHECK_STR(from_path("a\x1b[2Jb.jpg"), "a_2Jb.jpg");
}

TEST(every_output_name_fits)
{
    char url[3000] = "http://h/", name[2 * NAMES_MAX], numbered[NAMES_MAX + 1];
    names_pair pair;

    memset(url + 9, 'x', 2000);
    strcpy(url + 2009, ".jpeg");
    names_from_url(url, &pair);
    CHECK_STR(pair.extension, "");
    CHECK_EQ(strlen(pair.stem), NAMES_STEM_MAX);
    names_number(pair.stem, 4000000000u, numbered);
    snprintf(name, sizeof name, "detected_%s_30000.jpeg", numbered);
    CHECK(strlen(name) <= NAMES_MAX);

    strcpy(url + 309, ".jpeg");
    names_from_url(url, &pair);
    CHECK_STR(pair.extension, ".jpeg");
    CHECK_EQ(strlen(pair.stem), NAMES_STEM_MAX);
}

TEST(an_extension_is_short_and_plain)
{
    CHECK_STR(from_path("photo.jpg.backup2020"), "photo.jpg.backup2020");
    names_pair pair;

    names_from_path("photo.jpg.backup2020", &pair);
    CHECK_STR(pair.extension, "");
    names_from_path("M.31", &pair);
    CHECK_STR(pair.extension, ".31");
    names_from_path("a.b-c", &pair);
    CHECK_STR(pair.extension, "");
}

static int is_cat(void *seen, const char *stem)
{
    ++*(int *)seen;
    return strcmp(stem, "cat") == 0;
}

TEST(a_packed_picture_has_two_extensions)
{
    names_pair pair;

    names_from_url("http://h/m31.fits.gz", &pair);
    CHECK_STR(pair.stem, "m31");
    CHECK_STR(pair.extension, ".fits.gz");
    names_from_path("a/M31.FIT.BZ2", &pair);
    CHECK_STR(pair.stem, "M31");
    names_from_path("m31.fits.fz", &pair);
    CHECK_STR(pair.stem, "m31");
    names_from_path("ngc.7000.gz", &pair); /* a number, no extension */
    CHECK_STR(pair.stem, "ngc.7000");
    names_from_path("fits.gz", &pair);
    CHECK_STR(pair.stem, "fits");
}

TEST(outputs_are_recognised_by_their_stem)
{
    int seen = 0;

    CHECK_EQ(names_each_stem("cat.jpg", NAMES_ORIGINAL, is_cat, &seen), 1);
    CHECK_EQ(names_each_stem("cat.fits.gz", NAMES_ORIGINAL, is_cat, &seen), 1);
    CHECK_EQ(names_each_stem("cat.png.bz2", NAMES_ORIGINAL, is_cat, &seen), 1);
    CHECK_EQ(names_each_stem("cat_64.jpg", NAMES_ORIGINAL, is_cat, &seen), 0);
    CHECK_EQ(names_each_stem("detected_cat.jpg", NAMES_OUTPUT, is_cat, &seen),
             1);
    CHECK_EQ(names_each_stem("edges_cat.png", NAMES_OUTPUT, is_cat, &seen), 1);
    CHECK_EQ(names_each_stem("cat_200.webp", NAMES_OUTPUT, is_cat, &seen), 1);
    CHECK_EQ(names_each_stem("cat.jpg", NAMES_OUTPUT, is_cat, &seen), 0);
    CHECK_EQ(names_each_stem("notes.txt", NAMES_OUTPUT, is_cat, &seen), 0);
}

static const char *of_other(const char *name)
{
    static char out[2 * NAMES_MAX];

    return names_for_other(name, "a", "moon", out) == 0 ? out : "none";
}

TEST(what_belongs_to_one_item_can_be_called_after_another)
{
    CHECK_STR(of_other("a.jpg"), "moon.jpg");
    CHECK_STR(of_other("detected_a.jpg"), "detected_moon.jpg");
    CHECK_STR(of_other("a_64x48.jpg"), "moon_64x48.jpg");
    CHECK_STR(of_other("ab.jpg"), "none");
    CHECK_STR(of_other("edges_b.jpg"), "none");
}

static int note_rival(void *context, const char *rival)
{
    strcat(strcat(context, rival), " ");
    return 0;
}

static const char *rivals(const char *stem)
{
    static char out[4096];

    out[0] = '\0';
    CHECK_EQ(names_each_rival(stem, note_rival, out), 0);
    return out;
}

TEST(stems_whose_outputs_could_meet_are_rivals)
{
    CHECK_STR(rivals("moon"), "");
    CHECK_STR(rivals("x_64"), "detected_x edges_x ");
    CHECK_STR(rivals("x_64x48"), "detected_x edges_x ");
    CHECK_STR(rivals("edges_x"), "x_* ");
    CHECK_STR(rivals("x64"), "");
}

static const char *expanded(const char *template)
{
    static char stem[NAMES_MAX + 1];
    template_fields fields = { .index = 7,
                               .stem = "cat",
                               .host = "h.example",
                               .date = "2024-05-31",
                               .title = "../M 31\x1b: <v1.2>",
                               .hash = "0123456789abcdef" };

    template_expand(template, &fields, stem);
    return stem;
}

TEST(a_template_makes_clean_names)
{
    CHECK_STR(expanded("{index:6}-{stem}"), "000007-cat");
    CHECK_STR(expanded("{host}_{index}"), "h.example_7");
    CHECK_STR(expanded("{title}"), "M_31_v1.2");
    CHECK_STR(expanded("-{date}.{hash}-"), "2024-05-31.0123456789abcdef");
    CHECK_STR(expanded("CON{index}"), "CON7");
    CHECK_STR(expanded("\xf0\x9f\x94\xad"), "picture");
    CHECK_STR(expanded("{index}{title}"), "7M_31_v1.2");
    CHECK_EQ(strlen(expanded("{hash}{hash}{hash}{hash}{hash}{hash}{hash}")),
             NAMES_STEM_MAX);
}

TEST(a_template_that_names_nothing_is_refused)
{
    char why[TEMPLATE_WHY_MAX];

    CHECK_EQ(template_check("{index:6}_{stem}", why), 0);
    CHECK_EQ(template_check("picture", why), -EINVAL);
    CHECK_EQ(template_check("{indx}", why), -EINVAL);
    CHECK(strstr(why, "{indx}") != NULL);
    CHECK_EQ(template_check("{stem", why), -EINVAL);
    CHECK_EQ(template_check("{stem}}", why), -EINVAL);
    CHECK_EQ(template_check("{index:9999999999999999999}", why), -EINVAL);
    CHECK_EQ(template_check("{host}/{stem}", why), -EINVAL);
}

TEST(a_host_is_found_in_a_url)
{
    char host[NAMES_MAX + 1];

    template_host("https://u:p@h.example:8080/x?y#z", host);
    CHECK_STR(host, "h.example");
    template_host("http://[::1]:80/x", host);
    CHECK_STR(host, "[::1");
    template_host("/a/b", host);
    CHECK_STR(host, "");
}
